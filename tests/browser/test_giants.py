"""Answers of megabytes, opened again: readable at once, the rest on demand, the whole as a file; nobody else waits."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest
from playwright.sync_api import Page, expect

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Outcome, Store
from lib.ui.parts import MAX_CHARACTERS
from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, details

pytestmark = pytest.mark.browser

DENSE = "".join(
    f"## Number {number}\n\nText with **bold**, `code` and a list:\n\n- one\n- two\n\n| a | b |\n|---|---|\n"
    f"| {number} | x |\n\n```python\nprint({number})\n```\n\n"
    for number in range(14_000)
)[:1_500_000]
GIANTS = {"dense": DENSE, "denser": DENSE * 4, "one line": "`a" * 2_500_000}
PAGES = {"chat": "", "image": "image_analysis"}
SHOWN = (("dense", "chat"), ("denser", "image"), ("one line", "chat"))
READABLE = 12  # seconds; 3 on a machine that does nothing else


@pytest.fixture(scope="module")
def conversations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, dict[tuple[str, str], str]]]:
    """The app, and conversations of one giant each, by the giant and the page."""
    app = App(tmp_path_factory.mktemp("giants"), API_BASE_URL="http://127.0.0.1:9", API_MODEL="m")
    store = Store.open(f"sqlite:///{app.database}")
    ids = {(giant, page): put(store, GIANTS[giant], page) for giant, page in SHOWN}
    store.close()
    yield app.start(), ids
    app.stop()


def put(store: Store, text: str, purpose: str) -> str:
    """Have a conversation of one answer; return its id."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "go"), ModelChoice("default", "m"), provider="openai", purpose=purpose)
    chats.finish(turn, Outcome("completed", text=text, reasoning=text, model="m"))
    return turn.conversation_id


class Other:
    """Somebody else, who asks for something small again and again; `longest` is the longest wait in seconds."""

    def __init__(self, app: App) -> None:
        self.longest = 0.0
        self._url = f"{app.url}_stcore/health"
        self._left = Event()
        self._thread = Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._left.wait(0.1):
            begun = time.monotonic()
            urllib.request.urlopen(self._url, timeout=60).close()
            self.longest = max(self.longest, time.monotonic() - begun)


@pytest.mark.parametrize(("giant", "where"), SHOWN)
def test_reopened(page: Page, conversations: tuple[App, dict[tuple[str, str], str]], giant: str, where: str) -> None:
    """A giant is readable soon, on the page it was asked on, and nobody else waits for that."""
    app, ids = conversations
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    with Other(app) as other:
        begun = time.monotonic()
        page.goto(f"{app.url}{PAGES[where]}?c={ids[giant, where]}")
        expect(page.locator(ANSWER).get_by_text("Characters 1 to").last).to_be_visible()
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
        took = time.monotonic() - begun

    assert len(page.locator(ANSWER).inner_text()) < 3 * MAX_CHARACTERS
    assert took < READABLE
    assert other.longest < READABLE / 4


def test_the_rest(page: Page, conversations: tuple[App, dict[tuple[str, str], str]], tmp_path: Path) -> None:
    """The parts follow one another on demand; the file has all of it; the details show a part, too."""
    app, ids = conversations
    page.goto(f"{app.url}?c={ids['dense', 'chat']}")
    shown = page.locator("[class*=st-key-parts-text]")
    expect(shown).to_contain_text("of 1\u2009500\u2009000")
    shown.get_by_role("button", name="Go on").click()
    expect(shown).not_to_contain_text("Characters 1 to")
    shown.get_by_role("button", name="Go on").click()
    expect(shown.get_by_role("button", name="Back")).to_be_visible()
    with page.expect_download() as download:
        shown.get_by_role("button", name="Download all").click()
    download.value.save_as(tmp_path / "answer.md")

    assert (tmp_path / "answer.md").read_text(encoding="utf-8") == DENSE
    expect(details(page).get_by_text("Request", exact=True)).to_be_visible()
