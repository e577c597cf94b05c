"""A menu that is filled once it is open."""

from __future__ import annotations

import re
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, MENU, STOP, say

pytestmark = pytest.mark.browser

BUTTON, ITEM = ".st-key-conversation-menu button:visible", ".st-key-pin"


class Line:
    """What the page tells its server; while it is `held`, nothing of it comes there."""

    held = False
    runs = 0  # that the server has told the page of

    def __init__(self) -> None:
        self._waiting: list[tuple[WebSocketRoute, str | bytes]] = []

    def join(self, socket: WebSocketRoute) -> None:
        """Stand between the two."""
        server = socket.connect_to_server()
        socket.on_message(lambda said: self._waiting.append((server, said)) if self.held else server.send(said))
        server.on_message(partial(self._pass_on, socket))

    def _pass_on(self, socket: WebSocketRoute, said: str | bytes) -> None:
        self.runs += isinstance(said, bytes) and ForwardMsg.FromString(said).WhichOneof("type") == "new_session"
        socket.send(said)

    def let_go(self) -> None:
        """Have come what was held."""
        self.held = False
        for server, message in self._waiting:
            server.send(message)


def test_opened_again(context: BrowserContext, app: App) -> None:
    """Opened again beside an answer, a menu is empty until it is drawn anew: a click before that would be lost."""
    page, line = context.new_page(), Line()
    page.route_web_socket(re.compile("_stcore/stream"), line.join)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "n9000 r20 beside a menu")
    expect(page.locator(ANSWER)).to_contain_text("w3")
    page.click(BUTTON)
    expect(page.locator(ITEM)).to_be_visible()
    before = line.runs
    page.keyboard.press("Escape")
    expect(page.locator(MENU)).to_have_count(0)
    while line.runs == before:
        page.wait_for_timeout(50)  # in which messages pass
    expect(page.locator(ANSWER)).to_contain_text(f"w{_last(page.locator(ANSWER).inner_text()) + 20}")
    line.held = True

    page.click(BUTTON)

    expect(page.locator(MENU)).to_be_visible()
    expect(page.locator(ITEM)).to_have_count(0)
    line.let_go()
    expect(page.locator(ITEM)).to_be_visible()
    page.keyboard.press("Escape")
    page.click(STOP)
    expect(page.locator(ANSWER)).to_contain_text("Stopped")


def _last(text: str) -> int:
    """Return the number of the last word."""
    return max(int(found) for found in re.findall(r"\bw(\d+)", text))
