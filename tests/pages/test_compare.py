"""The page that asks several models, as a script. Browser tests show lanes that stream beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib import generations, runtime
from lib.compare import lanes
from lib.config import Endpoint, Settings
from lib.endpoints.catalogue import Catalogue
from lib.runtime import Runtime
from lib.store import LOCAL, Store
from tests.fake_client import FakeClient, answer
from tests.fake_lister import FakeLister
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
ENDPOINTS = tuple(Endpoint(name, "http://127.0.0.1:9/v1", "k", model="m") for name in ("one", "two"))


class FakeRuntime(Runtime):
    """A runtime with two endpoints that answer what a test wants."""

    def __init__(self, store: Store, *said: str) -> None:
        super().__init__(Settings(endpoints=ENDPOINTS), store)
        self.fakes = {each.name: FakeClient(*map(answer, said), endpoint=each) for each in ENDPOINTS}

    def client(self, endpoint: Endpoint) -> FakeClient:  # type: ignore[override]
        return self.fakes[endpoint.name]


def opened(store: Store, *said: str, lanes: tuple[str, ...] = ()) -> AppTest:
    """Return the page on endpoints that say these one after the other."""
    runtime.use(FakeRuntime(store, *said))
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.switch_page("compare.py")
    if lanes:
        page.query_params["lane"] = list(lanes)
    page.run()
    assert not page.exception
    return page


def asked(page: AppTest, store: Store, prompt: str) -> AppTest:
    """Ask, and return the page with the answers."""
    page.chat_input[0].set_value(prompt).run()
    id = name(page)
    until(lambda: not any(generations.find(LOCAL, part.conversation.id) for part in store.chats(LOCAL).parts(id)))
    return page.run()


def name(page: AppTest) -> str:
    """Return the id of the comparison in the address."""
    named = page.query_params["r"]
    return named if isinstance(named, str) else named[0]


def heads(page: AppTest) -> list[str]:
    return [
        each.value.split(" ")[0] for each in page.markdown if ":small[" in each.value and each.value.startswith("**")
    ]


def test_begins_with_two(store: Store) -> None:
    """Without lanes in the address, two models that there are stand there."""
    page = opened(store)

    assert heads(page) == ["**m**", "**m**"]
    assert page.chat_input[0].placeholder == "Ask 2 models at once"


def test_rounds(store: Store) -> None:
    """A prompt is answered in each lane, the next one as well, and the address finds it again."""
    page = asked(opened(store, "forty two", "nobody knows"), store, "How many?")
    page = asked(page, store, "Why?")

    assert not page.exception
    assert [message.markdown[0].value for message in page.chat_message] == [
        *("How many?", "fortytwo", "Why?", "nobodyknows") * 2,
    ]


def test_messages_of_a_lane(store: Store) -> None:
    """An answer of a lane is asked for again and rated there; a prompt is that of all lanes, and not changed in one."""
    page = asked(opened(store, "a", "b"), store, "Why?")
    names = {str(button.key).rsplit("-", 1)[0] for button in page.main.button}

    assert names >= {"copy", "regenerate", "thumb-up", "thumb-down"}
    assert names.isdisjoint({"edit", "fork", "delete"})


def test_one_lane_of_several(store: Store) -> None:
    """The next prompt can go to one lane alone."""
    page = asked(opened(store, "a", "b"), store, "Both")
    page.session_state["compare_to"] = "2"
    page = asked(page, store, "Only the second")

    parts = store.chats(LOCAL).parts(name(page))
    assert [len(store.chats(LOCAL).path(part.conversation.id)) for part in parts] == [2, 4]


def test_lanes_of_the_address(store: Store) -> None:
    """The address opens with its lanes, one model twice too; one whose endpoint is unknown is left out and named."""
    page = opened(store, lanes=("one/x", "two/y/z", "never/m", "one/x"))

    assert heads(page) == ["**x**", "**y/z**", "**x**"]
    assert "There is no endpoint called never." in page.error[0].value


def test_too_many_in_the_address(store: Store) -> None:
    """Of seven lanes the first six are there, and the page says so."""
    page = opened(store, lanes=("one/x",) * 7)

    assert len(heads(page)) == 6
    assert "The address has 7 lanes." in page.error[0].value
    assert not page.selectbox


def test_add_and_remove(store: Store) -> None:
    """Lanes are added by name and taken out; with one alone nothing is asked, and the prompt is in the box again."""
    page = opened(store)
    page.selectbox(key="compare_add").set_value("two/m").run()
    assert len(heads(page)) == 3
    for _ in range(2):
        page.button(key="lane-remove-1").click().run()
    page.chat_input[0].set_value("Alone").run()

    assert "at least two lanes" in page.error[0].value
    assert page.chat_input[0].value == "Alone"
    assert store.chats(LOCAL).recent() == []


def test_parameters(store: Store) -> None:
    """A lane has parameters of its own."""
    page = opened(store, "a")
    page.number_input(key="lane-temperature-2").set_value(0.5).run()
    page.text_area(key="lane-system-2").set_value("Be brief.").run()
    page = asked(page, store, "hi")

    parts = store.chats(LOCAL).parts(name(page))
    assert [part.conversation.choice.parameters.temperature for part in parts] == [None, 0.5]
    assert any("temperature 0.5 · system prompt" in each.value for each in page.markdown)


def test_gone(store: Store) -> None:
    """A comparison that is not there is said to be gone, and a new one can begin."""
    runtime.use(FakeRuntime(store))
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.switch_page("compare.py")
    page.query_params["r"] = "never"
    page.run()

    assert "no comparison at this address" in page.warning[0].value
    assert page.chat_input[0].placeholder == "Ask 2 models at once"


@pytest.mark.parametrize("prompt", ["", "  "])
def test_only_spaces(store: Store, prompt: str) -> None:
    """A prompt of spaces is not sent."""
    page = opened(store, "a")
    page.chat_input[0].set_value(prompt).run()

    assert not page.exception
    assert store.chats(LOCAL).recent() == []


def test_again_and_remove(store: Store) -> None:
    """A lane answers again beside its answer, and is taken out and brought back."""
    page = asked(opened(store, "first", "second"), store, "hi")
    page.button(key="lane-again-1").click().run()
    page = settled(page, store)
    assert [message.markdown[0].value for message in page.chat_message][1] == "second"
    page.button(key="lane-delete-2").click().run()
    assert len(heads(page)) == 1
    page.button(key="restore").click().run()

    assert len(heads(page)) == 2


def settled(page: AppTest, store: Store) -> AppTest:
    """Return the page when no lane answers any more."""
    id = name(page)
    until(lambda: not any(generations.find(LOCAL, part.conversation.id) for part in store.chats(LOCAL).parts(id)))
    return page.run()


def test_lane_is_added(store: Store) -> None:
    """A lane that is added later answers what was asked."""
    page = asked(opened(store, "a", "b"), store, "hi")
    page.selectbox(key="compare_join").set_value("one/m").run()
    page = settled(page, store)
    assert [len(store.chats(LOCAL).path(part.conversation.id)) for part in store.chats(LOCAL).parts(name(page))] == [
        2
    ] * 3


def test_differences(store: Store) -> None:
    """The last answers of two lanes are compared word by word."""
    page = asked(opened(store, "the same"), store, "hi")
    page.session_state["compare-words"] = True
    page.run()

    assert any(each.value == "thesame" for each in page.markdown)


def test_endpoint_is_gone(store: Store) -> None:
    """A lane whose endpoint is gone says so when it is asked again."""
    page = asked(opened(store, "a", "b"), store, "hi")
    runtime.current().settings = Settings(endpoints=ENDPOINTS[:1])  # type: ignore[misc]
    page.button(key="lane-again-2").click().run()

    assert not page.exception
    assert "is not there any more" in page.toast[0].value


def test_one_lane_alone(store: Store) -> None:
    """A lane is looked at alone, and the others come back."""
    page = asked(opened(store, "a", "b"), store, "hi")
    page.button(key="lane-focus-2").click().run()
    assert len(heads(page)) == 1
    page.button(key="lane-focus-2").click().run()

    assert len(heads(page)) == 2


def test_sum(store: Store) -> None:
    """Below the lanes stands what all their calls come to."""
    page = asked(opened(store, "a", "b"), store, "hi")

    assert any(each.value.startswith("2 calls · ") for each in page.caption)


def test_lane_that_is_behind(store: Store) -> None:
    """A lane that was added and waits for its next prompt says nothing until it comes; the page looks again."""
    page = asked(opened(store, "a", "b"), store, "hi")
    behind = store.chats(LOCAL).parts(name(page))[0].conversation.id
    lanes._behind.add(behind)
    page.run()
    assert not page.exception
    lanes._behind.discard(behind)
    page.run()

    assert len(heads(page)) == 2


def test_unlisted_model(store: Store) -> None:
    """A lane of the address whose endpoint lists other models says so; it is there all the same."""
    lister = FakeLister(["x"])
    parley = FakeRuntime(store)
    parley.catalogue = Catalogue(lister)  # type: ignore[arg-type]
    runtime.use(parley)
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.switch_page("compare.py")
    page.query_params["lane"] = ["one/x", "one/never"]
    page.run()
    until(lambda: parley.catalogue.models(ENDPOINTS[0]).state == "listed")
    page.run()

    assert [each.value.split(".")[0] for each in page.warning] == ["one does not list a model never"]
    assert len(heads(page)) == 2
