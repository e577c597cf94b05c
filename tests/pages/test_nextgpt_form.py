"""The form that a session of a NEXTgpt use case begins with, on the chat page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.api.nextgpt import Field, Schema
from lib.config import Endpoint, Settings
from lib.endpoints.catalogue import Catalogue
from lib.errors import RequestError
from lib.runtime import Runtime
from lib.store import Store
from tests.fake_nextgpt import CHAT, USECASES, FakeNextgpt
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
FIELDS = (
    Field("document", "Document", "files", required=True),
    Field("language", "Language", "choice", ("German", "English"), required=True, default="German"),
    Field("pages", "Pages", "number", default=3),
    Field("lines", "Lines", "number"),
    Field("about", "About", "text", description="What it is *about*"),
    Field("summarize", "Summarize first", "boolean", default=True),
)
SCHEMA = Schema("DOCS", f"{USECASES}DOCS/session", FIELDS)


@pytest.fixture
def nextgpt() -> Iterator[FakeNextgpt]:
    """A NEXTgpt whose use case wants a session."""
    nextgpt = FakeNextgpt()
    yield nextgpt
    nextgpt.stop()


def opened(store: Store, nextgpt: FakeNextgpt, schema: Any = lambda *_, **__: SCHEMA) -> AppTest:
    """Open the chat page; `schema` is what tells the form of the use case."""
    catalogue = Catalogue(schema=schema)
    endpoint = Endpoint("next", nextgpt.url, nextgpt.key, "nextgpt", "DOCS")
    runtime.use(Runtime(Settings(endpoints=(endpoint,)), store, catalogue=catalogue))
    page = AppTest.from_file(PAGE, default_timeout=20)
    return shown(page.run())


def known(page: AppTest) -> AppTest:
    """Draw the page once it is known what the use case wants."""
    parley = runtime.current()
    until(lambda: parley.catalogue.form(parley.endpoints[0], "DOCS").state != "looking")
    return shown(page.run())


def shown(page: AppTest) -> AppTest:
    """Return the page if it was drawn."""
    assert not page.exception
    return page


def submit(page: AppTest) -> AppTest:
    """Press the button below the form."""
    return shown(next(button for button in page.button if button.label == "Open the session").click().run())


def test_fields(store: Store, nextgpt: FakeNextgpt) -> None:
    """Each field is asked for as what it is, with what stands there by default; prompts wait."""
    page = known(opened(store, nextgpt))

    assert page.file_uploader(key="session-document").label == "Document"
    assert page.selectbox(key="session-language").value == "German"
    assert page.number_input(key="session-pages").value == 3
    assert page.number_input(key="session-lines").value is None
    assert page.text_input(key="session-about").help == "What it is \\*about\\*"
    assert page.checkbox(key="session-summarize").value is True
    assert page.text_input(key="session-about").label == "About (optional)"
    assert page.chat_input[0].disabled


def test_session(store: Store, nextgpt: FakeNextgpt) -> None:
    """What was filled in is posted, and prompts go in that session until a new one is wanted."""
    page = known(opened(store, nextgpt))
    page.file_uploader(key="session-document").set_value([("a.txt", b"A", "text/plain"), ("b.txt", b"B", "text/plain")])
    page.text_input(key="session-about").set_value("tea")
    submit(page)
    form = nextgpt.sessions["session-1"]
    assert form["document"] == [("a.txt", b"A"), ("b.txt", b"B")]
    assert (form["about"], form["language"]) == (["tea"], ["German"])

    shown(page.chat_input[0].set_value("hello").run())
    assert [asked.body["session_id"] for asked in nextgpt.asked if asked.path == CHAT] == ["session-1"]

    shown(page.button(key="new-session").click().run())
    assert page.chat_input[0].disabled


def test_incomplete(store: Store, nextgpt: FakeNextgpt) -> None:
    """A form without what it wants is not posted, and says what is missing."""
    page = submit(known(opened(store, nextgpt)))

    assert "Document" in page.error[0].value
    assert not nextgpt.sessions


def test_looked_up(store: Store, nextgpt: FakeNextgpt) -> None:
    """While it is not known whether a session is wanted the box is closed; where none is, it opens."""
    gate = Event()
    page = opened(store, nextgpt, schema=lambda *_, **__: gate.wait(20) and None)
    assert page.chat_input[0].placeholder == "One moment …"
    assert "Asking whether" in page.main.caption[-1].value

    gate.set()

    assert not known(page).chat_input[0].disabled


def test_form_that_cannot_be_had(store: Store, nextgpt: FakeNextgpt) -> None:
    """Where the form cannot be had, the page says why, and a prompt may be tried all the same."""

    def refuse(*_: object, **__: object) -> None:
        raise RequestError("The connection broke off.")

    page = known(opened(store, nextgpt, schema=refuse))

    assert "The connection broke off." in page.error[0].value
    assert not page.chat_input[0].disabled
