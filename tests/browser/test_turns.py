"""What comes on a socket is told in as few turns of the browser as it was sent in, all of it and in its order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from lib.ui.theme import STATIC

pytestmark = pytest.mark.browser

SOCKET = """
window.WebSocket = class extends EventTarget {};
const come = (data) => socket.dispatchEvent(new MessageEvent("message", { data }));
const heard = [];
"""
LISTEN = """
const socket = new WebSocket();
socket.addEventListener("message", ({ data }) => heard.push(data));
socket.addEventListener("close", () => heard.push("closed"));
"""


@pytest.fixture
def turns(browser: Browser) -> Iterator[Page]:
    """A page with the script, a socket and a clock that stands."""
    page = browser.new_page()
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    for script in (SOCKET, (STATIC / "turns.js").read_text("utf-8"), LISTEN):
        page.add_script_tag(content=script)
    yield page
    page.close()


def test_together(turns: Page) -> None:
    """The first of several waits a moment for those behind it."""
    assert turns.evaluate("come('first'), come('second'), [...heard]") == []

    turns.clock.run_for(1)

    assert turns.evaluate("heard") == ["first", "second"]


def test_again(turns: Page) -> None:
    """What comes later waits for its own moment, and nothing is told twice."""
    turns.evaluate("come('first')")
    turns.clock.run_for(1)
    assert turns.evaluate("come('second'), [...heard]") == ["first"]

    turns.clock.run_for(1)

    assert turns.evaluate("heard") == ["first", "second"]


def test_closed(turns: Page) -> None:
    """What came before the end is told before it."""
    turns.evaluate("come('last'), socket.dispatchEvent(new Event('close'))")

    assert turns.evaluate("heard") == ["last", "closed"]


def test_hidden(turns: Page) -> None:
    """A tab that nobody sees, whose timers a browser slows down, waits for nothing."""
    turns.evaluate("Object.defineProperty(document, 'hidden', { value: true })")

    assert turns.evaluate("come('first'), [...heard]") == ["first"]
