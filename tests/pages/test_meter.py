"""The meter beside the model: counted once it is opened, and what does not fit stays out by a click."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Endpoint, Settings
from lib.documents.document import Document, joined
from lib.endpoints.catalogue import Catalogue
from lib.generations.context import ASKED, Context
from lib.messages import Image, LinkedImage, Message, Usage
from lib.model_choice import PLAIN, ModelChoice, Parameters
from lib.pricing import prices
from lib.runtime import Runtime
from lib.store import LOCAL, Outcome, Store
from lib.ui.chat import meter, summing_up, turn_chart
from tests import pictures
from tests.endpoint import FakeEndpoint
from tests.fake_lister import FakeLister, Sudden
from tests.store.helpers import calls
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
PRICES = prices.parse({"m": {"input": 1000, "output": 1000}}, "t")
CHEAP = prices.parse({"*": {"input": 1, "output": 1}}, "t")


@pytest.fixture
def catalogue() -> Catalogue:
    """What is known of two endpoints: one lists m, which takes 4096 tokens."""
    return Catalogue(FakeLister(["m", "n"], windows={"m": 4096}))


def opened(
    store: Store,
    catalogue: Catalogue,
    conversation: str = "",
    *,
    is_open: bool = True,
    url: str = "http://127.0.0.1:9/v1",
) -> AppTest:
    """Open a conversation, and its meter."""
    endpoints = (
        Endpoint("work", url, model="m", system="Be brief.", prices=PRICES),
        Endpoint("home", "http://127.0.0.1:8/v1", model="n", prices=CHEAP),
        Endpoint("free", "http://127.0.0.1:7/v1", model="o"),
    )
    for endpoint in endpoints:
        until(lambda endpoint=endpoint: catalogue.models(endpoint).state == "listed")
    runtime.use(Runtime(Settings(endpoints=endpoints), store, catalogue=catalogue))
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.session_state[meter.KEY] = is_open
    if conversation:
        page.query_params["c"] = conversation
    page.run()
    assert not page.exception
    return page


def test_windows_that_are_known_meanwhile(store: Store) -> None:
    """The window of a model that becomes known while the meter is drawn is drawn as well."""
    catalogue = Sudden(FakeLister(["m"], windows={"m": 4096}))
    catalogue.is_held = False
    runtime.use(
        Runtime(Settings(endpoints=(Endpoint("work", "http://127.0.0.1:9/v1", model="m"),)), store, catalogue=catalogue)
    )
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.session_state[meter.KEY] = True
    page.run()

    assert any("tokens that m takes" in caption for caption in captions(page))


def long(store: Store, *lengths: int, cached: int | None = 8) -> str:
    """Make a conversation of turns with so many words each; return its id."""
    id = None
    for length in lengths:
        text, files = joined("word " * length, [Document("a.md", "# Inside")])
        images = (LinkedImage("https://a.b/c.png"), Image(pictures.file(pictures.quarters()), "image/png"))
        prompt = Message("user", text, images, files)
        turn = store.chats(LOCAL).begin(prompt, ModelChoice("work", "m"), provider="openai", conversation_id=id)
        usage = Usage(length + 20, 3, length + 23, cached_tokens=cached)
        store.chats(LOCAL).finish(turn, Outcome("completed", "Yes.", usage=usage, source="reported"))
        id = turn.conversation_id
    assert id
    return id


def table(page: AppTest, head: str) -> dict[str, list[str]]:
    """Return the rows of a table by what they begin with."""
    (found,) = [markdown.value for markdown in page.markdown if markdown.value.startswith(f"| {head}")]
    rows = ([clean(cell) for cell in line.strip("|").split("|")] for line in found.splitlines()[2:])
    return {row[0]: row[1:] for row in rows}


def clean(text: str) -> str:
    """Return a text without signs of markdown and thin spaces."""
    return text.replace("\u2009", " ").replace("\\", "").replace("**", "").strip()


def captions(page: AppTest) -> list[str]:
    """Return all small print."""
    return [clean(caption.value) for caption in page.caption]


def buttons(page: AppTest) -> dict[str, str]:
    """Return the labels of the meter's buttons by their keys."""
    return {str(each.key): each.label for each in page.button if str(each.key).startswith("meter")}


def parameters(store: Store, id: str) -> Parameters:
    """Return the parameters that a conversation has by now."""
    conversation = store.chats(LOCAL).get(id)
    assert conversation
    return conversation.choice.parameters


def test_new(store: Store, catalogue: Catalogue) -> None:
    """Before the first prompt there are the instructions and what is in the box."""
    page = opened(store, catalogue)
    page.text_area(key=meter.NEW).set_value("one two three").run()
    rows = table(page, "The next call")

    assert rows["System prompt"] == ["~7", "~$0.0070"]
    assert rows["New text"] == ["~10", "~$0.0100"]
    assert rows["Together"] == ["~17", "~$0.0170"]
    assert "That is 0.4 % of the 4 096 tokens that m takes." in captions(page)
    assert not page.warning
    assert buttons(page) == {}


def test_conversation(store: Store, catalogue: Catalogue) -> None:
    """A conversation has its turns, files and images, what the last call was, and prices of all models."""
    page = opened(store, catalogue, long(store, 30, 40))
    rows = table(page, "The next call")

    assert int(rows["2 earlier turns"][0].strip("~")) > 70
    assert int(rows["Files in them"][0].strip("~")) > 4
    assert int(rows["Pictures in them"][0].strip("~")) > 100
    assert "~63 of 4.1k" in captions(page)
    assert any("The last call sent 60 (reported), 8 of them from its cache." in each for each in captions(page))
    page.toggle(key=meter.EVERY).set_value(True).run()
    models = table(page, "Model")
    assert "The prompt above with an answer of 3 tokens, as the last." in captions(page)
    assert next(iter(models)) == "m · home"
    assert models["m · work"][0] == "4.1k"
    assert models["n · work"][0] == models["o · free"][1] == "–"


def test_turn_by_turn(store: Store, catalogue: Catalogue) -> None:
    """A chart has for each turn what was cached, said before and new, which come to the tokens of its prompt."""
    page = opened(store, catalogue, id := long(store, 30, 40))
    page.toggle(key=turn_chart.KEY).set_value(True).run()
    path = store.chats(LOCAL).path(id)
    points = list(turn_chart.points(path, Context(path, PLAIN, {})))

    assert len(page.get("vega_lite_chart")) == 1
    assert {point["turn"] for point in points} == {1, 2}
    assert sum(point["tokens"] for point in points if point["turn"] == 2) == 60
    assert [point["tokens"] for point in points if point["part"] == turn_chart.CACHED] == [8, 8]
    assert min(point["tokens"] for point in points) >= 0


def test_one_turn(store: Store, catalogue: Catalogue) -> None:
    """One turn makes no chart, and there is nothing to leave out of it; what nobody knows is not said."""
    page = opened(store, catalogue, long(store, 30, cached=None))

    assert [toggle.key for toggle in page.toggle] == [meter.EVERY]
    assert any(each.endswith("The last call sent 50 (reported).") for each in captions(page))
    assert buttons(page) == {}


def test_too_long(store: Store, catalogue: Catalogue) -> None:
    """What does not fit is said, and a click leaves the oldest turns out; another sends all again."""
    id = long(store, 3000, 2000, 1000)
    page = opened(store, catalogue, id)
    assert clean(page.warning[0].value) == "This does not fit: m takes 4 096 tokens."
    assert buttons(page) == {"meter-fit": "Leave out the oldest turn", "meter-sum": "Sum it up"}
    page.button(key="meter-fit").click().run()

    assert parameters(store, id).skip == 1
    page = opened(store, catalogue, id)
    assert not page.warning
    assert "The oldest turn stays out." in captions(page)
    assert buttons(page)["meter-fit"] == "Leave out the 2 oldest turns"
    page.button(key="meter-all").click().run()
    assert parameters(store, id) == PLAIN
    page = opened(store, catalogue, id)
    page.toggle(key=meter.EVERY).set_value(True).run()
    assert table(page, "Model")["m · work"][0] == "4.1k, too small"


def test_make_room(store: Store, catalogue: Catalogue) -> None:
    """Below an answer that failed because the prompt was too long stands what opens the menu; not below another."""
    turn = store.chats(LOCAL).begin(Message("user", "?"), ModelChoice("work", "m"), provider="openai")
    store.chats(LOCAL).finish(turn, Outcome("failed", error="Too long.", error_kind="context_length", hint="Shorten."))
    page = opened(store, catalogue, turn.conversation_id, is_open=False)
    assert not any(each.value.startswith("| The next call") for each in page.markdown)
    page.button(key=f"make-room-{turn.message_id}").click().run()

    assert "New text" in table(page, "The next call")
    again = store.chats(LOCAL).retry(turn.message_id, ModelChoice("work", "m"), provider="openai")
    store.chats(LOCAL).finish(again, Outcome("failed", error="No.", error_kind="server", hint="Wait."))
    page = opened(store, catalogue, turn.conversation_id, is_open=False)
    assert not [each.key for each in page.button if str(each.key).startswith("make-room")]


def test_nothing_left_to_leave_out(store: Store, catalogue: Catalogue) -> None:
    """Where the new text alone is too long there is nothing to leave out; a click keeps what does not fit at all."""
    page = opened(store, catalogue)
    page.text_area(key=meter.NEW).set_value("word " * 5000).run()

    assert page.warning
    assert buttons(page) == {}


def test_nearly_full(store: Store, catalogue: Catalogue) -> None:
    """A line beside the model says what the last call came to, in red where the window is nearly full."""
    id = long(store, 3600)
    page = opened(store, catalogue, id, is_open=False)

    assert ":red[~3.6k of 4.1k]" in captions(page)


def summed_up(store: Store, catalogue: Catalogue, url: str, conversation: str, number: int) -> AppTest:
    """Have the oldest turns of a conversation summed up by the endpoint at `url`, with the menu's own button."""
    page = opened(store, catalogue, conversation, url=url)
    page.button(key="meter-sum").click().run()
    assert any("in a call of" in markdown.value for markdown in page.markdown)
    page.button(key="summary-start").click().run()
    return again(page, number)


def again(page: AppTest, number: int) -> AppTest:
    """Open the dialog again: a test's click draws the whole page."""
    page.session_state[meter.SUM_UP] = number
    page.run()
    assert not page.exception
    return page


def test_summary(store: Store, catalogue: Catalogue, endpoint: FakeEndpoint) -> None:
    """The oldest turns are summed up by a call that is seen; what it says can be changed, used, and taken back."""
    id = long(store, 30, 40, 50, 60)
    page = summed_up(store, catalogue, endpoint.url, id, 2)
    assert page.text_area(key=summing_up.TEXT).value == "".join(f"w{number} " for number in range(20))
    page.text_area(key=summing_up.TEXT).set_value("They spoke of words.")
    page.button(key="summary-use").click().run()

    wanted = parameters(store, id)
    assert (wanted.skip, wanted.summary) == (2, "They spoke of words.")
    page = opened(store, catalogue, id, url=endpoint.url)
    assert "The 2 oldest turns stay out, a summary goes instead." in captions(page)
    assert "Summary of 2 turns" in table(page, "The next call")
    page.chat_input[0].set_value("n3 r0").run()
    assert [message["content"] for message in endpoint.asked[-1].body["messages"][1:3]] == [ASKED, wanted.summary]
    page = summed_up(store, catalogue, endpoint.url, id, 3)
    assert "Summary of what was said before:\nThey spoke of words." in endpoint.asked[-1].prompt
    page.button(key="summary-again").click().run()
    assert [each.purpose for each in calls(store)][:2] == ["summary", "summary"]
    opened(store, catalogue, id, url=endpoint.url).button(key="meter-all").click().run()
    assert parameters(store, id) == PLAIN


def test_summary_that_fails(store: Store, catalogue: Catalogue, endpoint: FakeEndpoint) -> None:
    """Where the call fails it is said, nothing can be used, and it can be made again."""
    endpoint.failing = 1
    page = summed_up(store, catalogue, endpoint.url, long(store, 30, 40), 1)

    assert "out of order" in page.error[0].value
    assert page.button(key="summary-use").disabled
    page.button(key="summary-again").click().run()
    again(page, 1)
    assert not page.error
    assert not page.button(key="summary-use").disabled
