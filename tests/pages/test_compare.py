"""The page that asks several models, as a script. Browser tests show lanes that stream beside each other."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import generations, runtime
from lib.compare import judging, lanes, rounds, votes
from lib.compare.audience import GONE
from lib.compare.rounds import Round
from lib.config import Endpoint, Settings
from lib.endpoints.catalogue import Catalogue
from lib.messages import Completion, Delta, Usage
from lib.pricing import prices
from lib.pricing.prices import BILLION
from lib.runtime import Runtime
from lib.store import LOCAL, PROJECT, Entry, Store
from lib.ui.markdown import plain
from lib.ui.numbers import cost
from tests.compare.test_figures import voted
from tests.fake_client import FakeClient, FakeStream, answer
from tests.fake_lister import FakeLister
from tests.store.helpers import calls
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
    assert "compare_add" not in [each.key for each in page.selectbox]


def test_add_and_remove(store: Store) -> None:
    """Lanes are added by name and taken out; with one alone nothing is asked, and the prompt is in the box again."""
    page = opened(store)
    page.selectbox(key="compare_add").set_value("two/m").run()
    assert len(heads(page)) == 3
    for number in (1, 2):
        page.button(key=f"lane-remove-{number}").click().run()
    page.chat_input[0].set_value("Alone").run()

    assert "at least two lanes" in page.error[0].value
    assert page.chat_input[0].value == "Alone"
    assert store.chats(LOCAL).recent() == []


def test_parameters(store: Store) -> None:
    """A lane has parameters of its own."""
    page = opened(store, "a")
    page.number_input(key="lane-temperature-2").set_value(0.5).run()
    page.text_area(key="lane-system-2").set_value("Be brief.").run()
    page.selectbox(key="lane-effort-2").set_value("low").run()
    page.text_area(key="lane-schema-2").set_value("{").run()
    assert any("this is not JSON" in each.value for each in page.caption)
    page.text_area(key="lane-schema-2").set_value('{"type": "object"}').run()
    assert not any("this is not JSON" in each.value for each in page.caption)
    page = asked(page, store, "hi")

    parts = store.chats(LOCAL).parts(name(page))
    assert [part.conversation.choice.parameters.temperature for part in parts] == [None, 0.5]
    assert [part.conversation.choice.parameters.effort for part in parts] == ["", "low"]
    assert parts[1].conversation.choice.parameters.schema == {"type": "object"}
    said = "temperature 0.5 · effort low · JSON schema · system prompt"
    assert any(said in each.value for each in page.markdown)


def temperatures(page: AppTest) -> list[float | None]:
    """Return what the lanes to be are asked with, by the page itself."""
    return [choice.parameters.temperature for choice in page.session_state["compare_draft"].choices]


def test_tuned_while_removed(store: Store) -> None:
    """What is set for a lane is its own, though one before it is taken out at once; the next one has nothing of it."""
    page = opened(store, lanes=("one/x", "one/y", "two/z"))
    page.number_input(key="lane-temperature-2").set_value(0.5)
    page.button(key="lane-remove-1").click().run()

    assert heads(page) == ["**y**", "**z**"]
    assert temperatures(page) == [0.5, None]


def test_tuned_and_removed(store: Store) -> None:
    """What is set for a lane that is taken out at once is gone with it."""
    page = opened(store, lanes=("one/x", "one/y", "two/z"))
    for key in ("lane-remove-1", "lane-remove-2"):
        page.button(key=key).click()
    page.number_input(key="lane-temperature-1").set_value(0.5)
    page.number_input(key="lane-temperature-3").set_value(1.5).run()

    assert not page.exception
    assert heads(page) == ["**z**"]
    assert temperatures(page) == [1.5]


def test_tuned_after_removed(store: Store) -> None:
    """What was set for a lane that was taken out is not that of the one which has come into its place."""
    page = opened(store, lanes=("one/x", "one/y", "two/z"))
    page.number_input(key="lane-temperature-1").set_value(0.5).run()
    page.button(key="lane-remove-1").click().run()
    fields = [each for each in page.number_input if str(each.key).startswith("lane-temperature-")]
    assert [each.value for each in fields] == [None, None]
    system = next(each for each in page.text_area if str(each.key).startswith("lane-system-"))
    system.set_value("Be brief.").run()

    assert temperatures(page) == [None, None]
    assert page.session_state["compare_draft"].choices[0].parameters.system == "Be brief."


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
    open_menu(page, 1).button(key="lane-again-1").click().run()
    page = settled(page, store)
    assert [message.markdown[0].value for message in page.chat_message][1] == "second"
    open_menu(page, 2).button(key="lane-delete-2").click().run()
    assert len(heads(page)) == 1
    page.button(key="restore").click().run()

    assert len(heads(page)) == 2


def test_menu_of_a_lane(store: Store) -> None:
    """What is in the menu comes once it is open here, too: closed before that, it would stay open in the browser."""
    page = asked(opened(store, "a", "b"), store, "hi")
    before = [button.key for button in page.button]
    after = [button.key for button in open_menu(page, 1).button]

    assert ("lane-again-1" in before, "lane-again-1" in after) == (False, True)


def open_menu(page: AppTest, number: int) -> AppTest:
    """Return the page with the menu of a lane open."""
    page.session_state[f"lane-menu-{number}"] = True
    return page.run()


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
    open_menu(page, 2).button(key="lane-again-2").click().run()

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


def test_sum_of_all(store: Store) -> None:
    """The sum is that of all answers once the last of them has ended, without anybody having to load the page anew."""
    page = opened(store, "a")
    slow = threading.Event()
    stream = FakeStream([slow, Delta("b")], Completion("b", finish_reason="stop"))
    runtime.current().fakes["two"] = FakeClient(stream, endpoint=ENDPOINTS[1])  # type: ignore[attr-defined]
    threading.Timer(1.0, slow.set).start()
    page.chat_input[0].set_value("hi").run()

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


def blind(store: Store, *said: str, lanes: tuple[str, ...] = ()) -> AppTest:
    """Return the page with a round that was asked without names."""
    page = opened(store, *said, lanes=lanes)
    page.toggle(key="compare_blind").set_value(True).run()
    return asked(page, store, "Which?")


def first(page: AppTest) -> str:
    """Return the id of the answer's lane that stands on the left."""
    return rounds.rounds(runtime.current().store.chats(LOCAL), name(page))[0].shuffled(LOCAL.owner)[0].lane


def words(page: AppTest) -> str:
    return " ".join(each.value for each in (*page.markdown, *page.caption))


def test_blind_vote(store: Store) -> None:
    """Without names one votes, takes it back, votes again; then names and figures are shown, and the vote stands."""
    page = blind(store, "a", "b", lanes=("one/x", "two/y"))
    assert not page.exception
    assert "tokens" not in words(page)
    assert not any(who in words(page) for who in ("one", "two"))
    page.button(key="left-1").click().run()
    assert "You voted: **A > B**." in words(page)
    page.button(key="take-back-1").click().run()
    page.button(key="tie-1").click().run()
    assert "You voted: **A = B**." in words(page)
    page.button(key="take-back-1").click().run()
    page.button(key="right-1").click().run()
    page.button(key="reveal-1").click().run()

    assert "tokens" in words(page)
    assert {"x · one", "y · two"} <= {each.value.partition("** ")[2] for each in page.markdown}
    assert not any(str(button.key).startswith(("left", "take-back", "reveal")) for button in page.button)
    (vote,) = store.votes(LOCAL).blind()
    assert votes.places(vote.ballot or "")[1] == [first(page)]
    page.button(key="show-lanes").click().run()
    assert len(heads(page)) == 2


def test_blind_end_between(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that end while the page is drawn, once it has read that they are being written, come to a vote."""
    ends, read, counted = threading.Event(), rounds.rounds, count(1)

    def slowly(*args: Any) -> list[Round]:
        found = read(*args)
        if next(counted) == 2:  # the first time is for the vote
            ends.set()
            until(lambda: not any(generations.find(LOCAL, each.lane) for each in found[0].entries))
        return found

    page = opened(store)
    said = [FakeStream([Delta(text=text), ends], Completion(text=text, finish_reason="stop")) for text in "ab"]
    runtime.current().fakes["one"]._streams += said  # type: ignore[attr-defined]
    monkeypatch.setattr(rounds, "rounds", slowly)
    page.toggle(key="compare_blind").set_value(True).run()
    page.chat_input[0].set_value("Which?").run()

    assert page.button(key="left-1")


def test_all_bad(store: Store) -> None:
    """All answers may be bad."""
    page = blind(store, "a", "b")
    page.button(key="bad-1").click().run()

    assert "You voted: **all bad**." in words(page)


def test_blind_order(store: Store) -> None:
    """Three answers are ranked by clicking, each button says the place; a second click takes one out again."""
    page = blind(store, "a", "b", "c", lanes=("one/x", "one/y", "two/z"))
    page.button(key="place-1-2").click().run()
    page.button(key="place-1-0").click().run()
    assert [page.button(key=f"place-1-{at}").label for at in range(3)] == ["Is 2nd", "Put 3rd", "Is 1st"]
    page.button(key="place-1-2").click().run()
    page.button(key="place-1-1").click().run()
    page.button(key="cast-1").click().run()

    assert "You voted: **A > B > C**." in words(page)


def test_names_without_a_vote(store: Store) -> None:
    """The names can be shown without a vote; the next round is blind again, and the one before keeps its names."""
    page = blind(store, "a", "b")
    page.button(key="reveal-1").click().run()
    assert "without a vote" in words(page)
    page = asked(page, store, "And now?")

    assert [button.key for button in page.button if str(button.key).startswith("left")] == ["left-2"]
    assert store.votes(LOCAL).blind() == []


def again(store: Store, id: str) -> AppTest:
    """Return the page of a comparison as one has it that loads it anew."""
    runtime.use(FakeRuntime(store))
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.switch_page("compare.py")
    page.query_params["r"] = id
    return page.run()


def test_blind_after_a_reload(store: Store) -> None:
    """A page that is loaded anew goes on without names where the last round had none, until that is switched off."""
    page = again(store, name(blind(store, "a", "b")))
    assert page.toggle(key="compare_blind").value
    page.toggle(key="compare_blind").set_value(False).run()

    assert not page.toggle(key="compare_blind").value


def test_blind_after_another_page(store: Store) -> None:
    """So does one that is come back to from another page, which takes what the toggle was set to."""
    page = blind(store, "a", "b")
    id = name(page)
    page.switch_page("chat.py").run()
    page.switch_page("compare.py")
    page.query_params["r"] = id

    assert page.run().toggle(key="compare_blind").value


def test_named_after_a_reload(store: Store) -> None:
    """Where the last round had names, the next has them as well."""
    id = name(asked(opened(store, "a", "b"), store, "hi"))

    assert not again(store, id).toggle(key="compare_blind").value


def test_vote_in_two_tabs(store: Store) -> None:
    """A vote after the names were shown elsewhere is refused, in words."""
    page = blind(store, "a", "b")
    page.button(key="left-1").click().run()
    round = rounds.rounds(store.chats(LOCAL), name(page))[0].key
    store.votes(LOCAL).reveal(name(page), round, LOCAL.owner)
    page.button(key="take-back-1").click().run()

    assert "stays as it is" in page.toast[0].value
    assert "You voted: **A > B**." in words(page)


def test_blind_failure(store: Store) -> None:
    """An answer that failed says no more than that before the names are shown."""
    page = blind(store)
    assert words(page).count("This answer failed.") == 2
    page.button(key="reveal-1").click().run()

    assert "This answer failed." not in words(page)


def test_blind_later(store: Store) -> None:
    """Rounds that had names before keep them; one that a lane has not answered says so."""
    page = asked(opened(store, "a", "b"), store, "hi")
    page.toggle(key="compare_blind").set_value(True).run()
    page = asked(page, store, "And?")
    lane = store.chats(LOCAL).parts(name(page))[0].conversation.id
    store.chats(LOCAL).remove(store.chats(LOCAL).path(lane)[-1].id)
    page.run()

    assert "Not answered." in words(page)
    assert "m · one" in words(page)
    assert not any(str(button.key).startswith("left") for button in page.button)


def ranked(store: Store) -> AppTest:
    runtime.use(FakeRuntime(store))
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.switch_page("compare.py")
    page.query_params["show"] = "ranking"
    page.run()
    assert not page.exception
    return page


def test_no_ranking(store: Store) -> None:
    """Without votes the ranking says how to come to some."""
    assert "no blind votes" in ranked(store).info[0].value


def test_ranking_of_one(store: Store) -> None:
    """Where all votes were between a model and itself, that is said: there are some, and they rank none."""
    page = blind(store, "a", "b", lanes=("one/x", "one/x"))
    page.button(key="left-1").click().run()

    assert ranked(store).info[0].value.startswith("All blind votes here were between a model and itself")


def test_ranking(store: Store) -> None:
    """The ranking has the sentence, a table of models, and one of pairs; a tag and a time narrow it."""
    page = blind(store, "a", "b", lanes=("one/x", "two/y"))
    page.button(key="left-1").click().run()
    store.chats(LOCAL).tag(name(page), ["board"])
    store.chats(LOCAL).tag(store.chats(LOCAL).recent()[0].id, ["board"])
    page = ranked(store)
    assert page.markdown[0].value.startswith("## No difference can be seen yet")
    assert ["Place" in each.value or "against" in each.value for each in page.markdown].count(True) == 2
    page.selectbox(key="ranking_tag").set_value("board").run()
    page.selectbox(key="ranking_time").set_value("7 days").run()

    assert any("1 blind vote." in each.value for each in page.caption)


def test_charts(store: Store) -> None:
    """Costs against quality and first tokens are charts; their words and the table say the same; a project narrows."""
    voted(store)
    page = ranked(store)
    words = [each.proto.alt for each in page.get("vega_lite_chart")]
    assert words[0].startswith("No difference can be seen yet. a · e: wins ")
    assert words[1].startswith("Cost against quality. a · e: $0.25, wins ")
    assert words[2] == "First token, medians. a · e: 0.10 s; b · e: 0.30 s"
    assert any("$0.25 | 0.10" in each.value.replace("\\", "") for each in page.markdown)
    store.library(LOCAL).keep(Entry(PROJECT, "board"))
    page = ranked(store)
    page.selectbox(key="ranking_project").set_value(1).run()

    assert "no blind votes" in page.info[0].value


def test_judge(store: Store) -> None:
    """A model is asked which answer is best; its opinion stands below, marked as such."""
    page = asked(opened(store, "a", '{"best":"A","reason":"It|is|short."}'), store, "hi")
    page.selectbox(key="compare_judge").set_value("one/m").run()
    round = rounds.rounds(store.chats(LOCAL), name(page))[0]
    until(lambda: not judging.is_asked(name(page), round))
    page.run()

    assert "A model's opinion of round 1: m · one" in words(page)
    assert "It|is|short." in words(page).replace("\\", "")


def test_judge_that_fails(store: Store) -> None:
    """Why an opinion does not come is said."""
    page = asked(opened(store, "a", "no"), store, "hi")
    page.selectbox(key="compare_judge").set_value("one/m").run()
    round = rounds.rounds(store.chats(LOCAL), name(page))[0]
    until(lambda: not judging.is_asked(name(page), round))
    page.run()

    assert "did not answer in the form" in page.error[0].value


def test_judge_is_asked(store: Store) -> None:
    """While a model is asked, the page says so."""
    page = asked(opened(store, "a", "b"), store, "hi")
    key = name(page), rounds.rounds(store.chats(LOCAL), name(page))[0].key
    judging._asked[key] = None
    page.run()
    del judging._asked[key]

    assert "The judge is reading." in words(page)


def test_no_judge(store: Store) -> None:
    """Taking the choice of a judge back asks nobody."""
    page = asked(opened(store, "a", "b"), store, "hi")
    page.selectbox(key="compare_judge").set_value(None).run()

    assert not page.exception
    assert not [call for call in calls(store) if call.purpose == "judge"]


def test_two_of_three(store: Store) -> None:
    """Of three lanes the two are chosen whose words are compared."""
    page = asked(opened(store, "a b", "a c", lanes=("one/x", "two/y", "one/z")), store, "hi")
    page.session_state["compare-words"] = True
    page.run()

    assert [page.selectbox(key=key).label for key in ("compare_left", "compare_right")] == [
        "Only here: red",
        "Only here: green",
    ]


def phone(store: Store, token: str) -> AppTest:
    """Return the page of a visitor with a link to a room."""
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.query_params["vote"] = token
    page.run()
    assert not page.exception
    return page


def link(page: AppTest) -> str:
    """Return the token of the link that a page shows."""
    (found,) = (code.value.partition("?vote=")[2] for code in page.code if "?vote=" in code.value)
    return found


def test_room(store: Store) -> None:
    """A room votes by a link, each device once, sees no names and no way elsewhere; the presenter counts and closes."""
    page = blind(store, "a", "b", lanes=("one/x", "two/y"))
    page.button(key="room-open-1").click().run()
    assert "Phones cannot reach this Parley" in page.warning[0].value
    one, two = phone(store, link(page)), phone(store, link(page))
    assert not any(who in words(one) for who in ("x · one", "y · two", "tokens"))
    assert not one.chat_input
    assert not one.get("page_link")
    assert not one.sidebar.children
    one.button(key="left-1").click().run()
    two.button(key="bad-1").click().run()
    two.button(key="take-back-1").click().run()
    two.button(key="tie-1").click().run()
    assert "You voted: **A = B**." in words(two)
    page.run()
    assert "**2 phones** voted" in words(page)
    assert "equal" not in words(page)
    page.toggle(key="room-show-1").set_value(True).run()
    assert "equal: **1** · all bad: **0**" in words(page)
    page.button(key="room-close-1").click().run()
    assert "**2 phones** voted" in words(page)

    assert one.run().title[0].value == two.run().title[0].value == "No vote here"
    assert len(store.votes(LOCAL).blind()) == 2


def test_room_of_three(store: Store) -> None:
    """Three answers are put in their order on a phone too."""
    page = blind(store, "a", "b", "c", lanes=("one/x", "one/y", "two/z"))
    page.button(key="room-open-1").click().run()
    there = phone(store, link(page))
    for at in (2, 0, 2, 1, 2):
        there.button(key=f"place-1-{at}").click().run()
    there.button(key="cast-1").click().run()
    (vote,) = store.votes(LOCAL).blind()

    assert len(votes.places(vote.ballot or "")) == 3


def test_room_again(store: Store) -> None:
    """A link that is not remembered has a new one beside it; both lead to the round until its names are shown."""
    page = blind(store, "a", "b")
    round = rounds.rounds(store.chats(LOCAL), name(page))[0].key
    before = store.votes(LOCAL).open_room(name(page), round)
    page.run()
    assert "before Parley began here" in words(page)
    page.button(key="room-open-1").click().run()
    both = [phone(store, token) for token in (before, link(page))]
    assert all(each.title[0].value == "Which answer is better?" for each in both)
    again = AppTest.from_file(PAGE, default_timeout=20)
    again.switch_page("compare.py")
    again.query_params["r"] = name(page)
    again.run()
    assert link(again) == link(page)  # as after a reload
    page.button(key="reveal-1").click().run()
    assert "phones" not in words(page)

    assert all(each.run().title[0].value == "No vote here" for each in both)


def test_asked_in_no_lane(store: Store) -> None:
    """A prompt that no lane takes is in the box again, with why, and the room of the round before votes on."""
    page = blind(store, "a", "b")
    page.button(key="room-open-1").click().run()
    generations.drain(0)
    try:
        page.chat_input[0].set_value("And now?").run()
    finally:
        generations.stop_all()

    assert "begins no new answers" in page.error[0].value
    assert page.chat_input[0].value == "And now?"
    assert phone(store, link(page)).title[0].value == "Which answer is better?"


def test_room_of_the_next_round(store: Store) -> None:
    """The next prompt closes the room of the round before; a vote that comes late says that there is none."""
    page = blind(store, "a", "b", "c", "d")
    page.button(key="room-open-1").click().run()
    there, late = phone(store, link(page)), phone(store, link(page))
    there.button(key="left-1").click().run()
    asked(page, store, "And now?")
    there.button(key="take-back-1").click().run()
    late.button(key="left-1").click().run()

    assert GONE in there.toast[0].value
    assert GONE in late.toast[0].value
    assert late.title[0].value == "No vote here"


def test_room_that_waits(store: Store) -> None:
    """While an answer is not there a phone waits for it; a failed one says so, and no more."""
    page = blind(store)
    page.button(key="room-open-1").click().run()
    there = phone(store, link(page))
    assert words(there).count("This answer failed.") == 2
    lane = store.chats(LOCAL).parts(name(page))[0].conversation.id
    store.chats(LOCAL).remove(store.chats(LOCAL).path(lane)[-1].id)
    there.run()

    assert "as soon as all answers are there" in words(there)
    assert "Not answered." in words(there)


def test_room_of_what_is_gone(store: Store) -> None:
    """A room of a comparison that was deleted elsewhere is not opened, in words."""
    page = blind(store, "a", "b")
    store.chats(LOCAL).delete(name(page))
    page.button(key="room-open-1").click().run()

    assert "no such comparison" in page.toast[0].value


def test_failed_lane(store: Store) -> None:
    """A failed answer offers Retry, once, and what is not there is not rated."""
    page = asked(opened(store), store, "hi")
    names = [str(button.key).rsplit("-", 1)[0] for button in page.main.button]

    assert names.count("retry") == 2
    assert not {"regenerate", "thumb-up", "thumb-down"} & set(names)


def test_four_lanes_three_rounds(store: Store) -> None:
    """Twelve calls of a comparison and one of its judge are in the ledger; the page says what the twelve come to."""
    parley = FakeRuntime(store)
    priced = [replace(each, prices=prices.parse({"*": {"input": 1.0, "output": 10.0}}, "x")) for each in ENDPOINTS]
    said = [answer('{"best":"A","reason":"x"}', usage=Usage(1_000, 9 * n, 1_000 + 9 * n)) for n in range(9)]
    parley.fakes = {each.name: FakeClient(*said, endpoint=each) for each in priced}
    runtime.use(parley)
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.switch_page("compare.py")
    page.query_params["lane"] = ["one/a", "one/b", "two/c", "two/d"]
    page.run()
    for prompt in ("First", "Second", "Third"):
        page = asked(page, store, prompt)
    page.selectbox(key="compare_judge").set_value("one/m").run()
    last = rounds.rounds(store.chats(LOCAL), name(page))[-1]
    until(lambda: not judging.is_asked(name(page), last))
    page.run()

    made = [call for call in calls(store) if call.purpose == lanes.PURPOSE]
    assert sorted(call.purpose for call in calls(store)) == [*(["compare"] * 12), "judge"]
    assert {call.status for call in made} == {"completed"}
    total = sum(call.cost or 0 for call in made) / BILLION
    assert total > 0
    assert any(
        each.value.startswith("12 calls · ") and plain(cost(total, "USD")) in each.value for each in page.caption
    )
