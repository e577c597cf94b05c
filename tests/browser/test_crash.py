"""Nothing acknowledged is ever lost: the server is killed at random moments, and everything is there afterwards."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.app import KEY, App
from tests.browser.chat import ANSWER, INPUT, interrupted, say
from tests.endpoint import FakeEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

KILLS, PAGES = 6, 4


@pytest.fixture
def mortal(tmp_path: Path, endpoint: FakeEndpoint) -> Iterator[App]:
    """An app to be killed."""
    app = App(tmp_path, API_BASE_URL=endpoint.url, API_KEY=KEY, API_MODEL="fake").start()
    yield app
    app.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of the test's own: Chromium has one wait longer and longer whose servers keep going away."""
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    context.set_default_timeout(15_000)
    yield context
    context.close()


def test_kill(mortal: App, context: BrowserContext) -> None:
    """Killed with 24 answers in mid-stream, the store has every prompt, every answer complete or marked interrupted."""
    pages, chance = [context.new_page() for _ in range(PAGES)], random.Random(7)
    for number in range(KILLS):
        ask(mortal, pages, f"n200 r100 kill {number}")
        pages[0].wait_for_timeout(chance.uniform(0, 2_200))
        mortal.kill()
        mortal.start()
    ask(mortal, pages[:1], "n9000 r100 the last")
    expect(pages[0].locator(ANSWER)).to_contain_text("w150")
    mortal.kill()
    mortal.start()
    interrupted(pages[0], mortal.database)

    with closing(sqlite3.connect(mortal.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        prompts = {text for (text,) in database.execute("SELECT text FROM messages WHERE role = 'user'")}
        ends = database.execute("SELECT state, text FROM messages WHERE role = 'assistant' ORDER BY id").fetchall()
        calls = {state for (state,) in database.execute("SELECT DISTINCT status FROM usage")}
    asked = {f"n200 r100 kill {number} {place}" for number, place in product(range(KILLS), range(PAGES))}
    assert prompts == asked | {"n9000 r100 the last 0"}
    assert len(ends) == len(prompts)
    assert {state for state, _ in ends} <= {"completed", "interrupted"}
    assert all(text.endswith("w199 ") for state, text in ends if state == "completed")
    assert calls <= {"completed", "interrupted"}
    assert_shown(pages[0])


def ask(app: App, pages: list[Page], prompt: str) -> None:
    """Ask on several pages, one after the other, and see that each has been understood."""
    for page in pages:
        page.goto(app.url)
        page.wait_for_selector(INPUT)
    for place, page in enumerate(pages):
        say(page, f"{prompt} {place}")
    for page in pages:
        expect(page.locator(ANSWER)).to_contain_text("w1")


def assert_shown(page: Page) -> None:
    """After the restart the page has what was saved, says what happened, and offers to try again."""
    expect(page.locator(ANSWER)).to_contain_text("Interrupted: Parley was shut down")
    expect(page.locator(ANSWER)).to_contain_text("w50")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_orderly_stop_saves_what_is_running(mortal: App, context: BrowserContext) -> None:
    """A server that is asked to stop saves all that had come."""
    page = context.new_page()
    ask(mortal, [page], "n9000 r50 stopped in order")
    expect(page.locator(ANSWER)).to_contain_text("w30")

    mortal.stop()

    with closing(sqlite3.connect(mortal.database)) as database:
        state, text = database.execute("SELECT state, text FROM messages WHERE role = 'assistant'").fetchone()
    assert state == "interrupted"
    assert "w30" in text
