"""The chat page's menus: which model answers, with which parameters, and what an answer's details tell."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Endpoint, Settings
from lib.endpoints.catalogue import Catalogue
from lib.errors import RequestError
from lib.runtime import Runtime
from lib.store import LOCAL, Store
from tests.endpoint import FakeEndpoint
from tests.fake_lister import FakeLister, Sudden
from tests.store.calls import foreign, put
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
KEY = "sk-menus-0123456789"


def opened(store: Store, url: str, lister: Any = None, conversation: str = "", **fields: Any) -> AppTest:
    """Open the chat page with one endpoint, that `lister` lists the models of."""
    lister = lister or FakeLister(["fake"])
    catalogue = Catalogue(lister)
    endpoint = Endpoint("work", url, **{"api_key": KEY, "model": "fake", **fields})
    runtime.use(Runtime(Settings(endpoints=(endpoint,)), store, catalogue=catalogue))
    until(lambda: catalogue.models(endpoint).state != "looking" or not lister.gate.is_set())
    page = AppTest.from_file(PAGE, default_timeout=20)
    if conversation:
        page.query_params["c"] = conversation
    return shown(page.run())


def shown(page: AppTest) -> AppTest:
    """Return the page if it was drawn."""
    assert not page.exception
    return page


def menu(page: AppTest, name: str) -> AppTest:
    """Open a menu: models or parameters."""
    page.session_state[name] = True
    return shown(page.run())


def say(page: AppTest, text: str) -> AppTest:
    """Send a prompt, and wait for the end of its answer."""
    return shown(page.chat_input[0].set_value(text).run())


def details(page: AppTest) -> AppTest:
    """Open the details of the last answer."""
    return shown([button for button in page.button if str(button.key).startswith("details-")][-1].click().run())


def labelled(elements: Any, label: str) -> Any:
    """Return the element with a label."""
    return next(element for element in elements if element.label == label)


def captions(page: AppTest) -> str:
    """Return all small print."""
    return "\n".join(caption.value for caption in page.caption)


def codes(page: AppTest) -> str:
    """Return all code."""
    return "\n".join(code.value for code in page.code)


def test_many_models(store: Store, endpoint: FakeEndpoint) -> None:
    """Models too many for a list are searched, and the one that is found answers."""
    page = menu(opened(store, endpoint.url, FakeLister([f"m{number}" for number in range(30)])), "models")
    box = page.selectbox(key="search-work")
    assert len(box.options) == 31

    shown(box.set_value("m17").run())
    say(page, "n1 r0")

    assert endpoint.asked[-1].body["model"] == "m17"


def test_call_that_failed(store: Store, endpoint: FakeEndpoint) -> None:
    """An endpoint whose last call has failed says so; what a check was refused is no such call."""
    page = opened(store, endpoint.url)
    put(store, foreign(datetime.now(UTC), status="failed", purpose="doctor"))
    assert "the last call failed" not in captions(menu(page, "models"))

    put(store, foreign(datetime.now(UTC), status="failed"))
    assert "work** · :red[the last call failed" in captions(menu(page, "models"))


def test_models_that_are_not_listed(store: Store, endpoint: FakeEndpoint) -> None:
    """Where an endpoint tells of no models, the menu says why, and a name is typed."""
    lister = FakeLister(RequestError("It has no list."))
    page = menu(opened(store, endpoint.url, lister, model=None), "models")
    assert "It has no list." in captions(page)

    shown(page.text_input(key="type-work").set_value("  mine ").run())
    say(page, "n1 r0")

    assert endpoint.asked[-1].body["model"] == "mine"


def test_models_that_are_looked_up(store: Store, endpoint: FakeEndpoint) -> None:
    """While models are looked up the menu says so; once they are known they are there."""
    lister = FakeLister(["a", "b"])
    lister.gate.clear()
    page = opened(store, endpoint.url, lister)
    assert "looking for its models" in captions(menu(page, "models"))

    lister.gate.set()
    until(lambda: runtime.current().catalogue.models(runtime.current().endpoints[0]).state == "listed")

    assert "looking" not in captions(shown(page.run()))
    assert page.button(key="pick-work-2").label == "b"


def test_models_that_are_known_meanwhile(store: Store, endpoint: FakeEndpoint) -> None:
    """What becomes known while the menu is drawn is drawn as well."""
    catalogue = Sudden(FakeLister(["a", "b"]))
    work = Endpoint("work", endpoint.url, api_key=KEY, model="fake")
    runtime.use(Runtime(Settings(endpoints=(work,)), store, catalogue=catalogue))
    page = shown(AppTest.from_file(PAGE, default_timeout=20).run())
    catalogue.is_held = False

    assert "looking" not in captions(menu(page, "models"))


def test_choice_of_nothing(store: Store, endpoint: FakeEndpoint) -> None:
    """A name of only spaces chooses nothing, and the model that answers already goes on."""
    page = menu(opened(store, endpoint.url, FakeLister(["fake", *(f"m{number}" for number in range(9))])), "models")
    shown(page.selectbox(key="search-work").set_value(None).run())
    assert page.session_state["view"].choice is None
    menu(page, "models")
    shown(page.selectbox(key="search-work").set_value("fake").run())

    assert page.session_state["view"].choice is None


def test_reset(store: Store, endpoint: FakeEndpoint) -> None:
    """Reset takes all parameters back, and none is sent."""
    page = menu(opened(store, endpoint.url), "parameters")
    labelled(page.number_input, "Temperature").set_value(0.5)
    shown(page.run())
    assert "1 set" in captions(page)

    shown(labelled(page.button, "Reset").click().run())
    say(page, "n1 r0")

    assert "temperature" not in endpoint.asked[-1].body
    assert " set" not in captions(page)


def test_stops(store: Store, endpoint: FakeEndpoint) -> None:
    r"""A stop of a line break is typed as \n, shown as such, and sent as a line break."""
    page = menu(opened(store, endpoint.url), "parameters")
    box = labelled(page.multiselect, "Stop at")
    box.options.append(r"\nEND")  # as the browser does with what is typed
    shown(box.set_value([r"\nEND"]).run())
    assert labelled(page.multiselect, "Stop at").value == [r"\nEND"]

    say(page, "n1 r0")

    assert endpoint.asked[-1].body["stop"] == ["\nEND"]


def test_effort(store: Store, endpoint: FakeEndpoint) -> None:
    """How much a model is to think is chosen in the words of its vendor, and sent as that one says it."""
    page = menu(opened(store, endpoint.url), "parameters")
    shown(labelled(page.selectbox, "Reasoning effort").set_value("low").run())
    say(page, "n1 r0")

    assert endpoint.asked[-1].body["reasoning_effort"] == "low"
    assert "1 set" in captions(page)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("[1]", "expected an object"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"model": "dear"}', "model is chosen on the page"),
    ],
)
def test_extra_that_cannot_be_sent(store: Store, endpoint: FakeEndpoint, typed: str, words: str) -> None:
    """Extra JSON that is none, or no object, is said and not sent."""
    page = menu(opened(store, endpoint.url), "parameters")
    shown(labelled(page.text_area, "Extra JSON").set_value(typed).run())
    assert words in captions(page)

    say(page, "n1 r0")

    assert "a" not in endpoint.asked[-1].body


def test_without_a_key(store: Store, endpoint: FakeEndpoint) -> None:
    """The code of a request to an endpoint without a key speaks of none."""
    page = details(say(opened(store, endpoint.url, api_key=""), "n1 r0"))

    assert "API_KEY" not in captions(page) + codes(page)


def test_attempts(store: Store, endpoint: FakeEndpoint) -> None:
    """The details tell of attempts that were refused before the answer came."""
    endpoint.limiting = 1
    page = details(say(opened(store, endpoint.url), "n2 r0 busy"))

    assert "Attempt 1 was refused" in captions(page)
    assert "(429)" in captions(page)


def test_no_answer(store: Store) -> None:
    """Of an endpoint that was not there the details have the request, and say that no answer came."""
    page = details(say(opened(store, "http://127.0.0.1:9/v1"), "anybody?"))

    assert "No answer came." in captions(page)
    assert "anybody?" in codes(page)
    assert KEY not in codes(page)


def test_endpoint_that_is_gone(store: Store, endpoint: FakeEndpoint) -> None:
    """The details of an answer whose endpoint is not configured any more say so, in place of its code."""
    page = say(opened(store, endpoint.url), "n1 r0")
    [conversation] = store.chats(LOCAL).recent()
    gone = Runtime(Settings(endpoints=(Endpoint("other", endpoint.url, KEY, model="fake"),)), store)
    runtime.use(gone)
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.query_params["c"] = conversation.id
    details(shown(page.run()))

    assert any("is not configured any more" in error.value for error in page.error)


def test_long_prompt(store: Store, endpoint: FakeEndpoint) -> None:
    """Code too long to be looked at is a file; a long answer has its first and last chunks."""
    page = details(say(opened(store, endpoint.url), "n12000 r0 " + "word " * 15_000))

    assert any("Download" in button.label for button in page.get("download_button"))
    assert "chunks of the middle are not kept" in captions(page)
