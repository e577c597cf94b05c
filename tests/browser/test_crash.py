"""Nothing acknowledged is ever lost: the server is killed at random moments, and everything is there afterwards."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.app import KEY, App
from tests.browser.chat import ANSWER, INPUT, interrupted, say
from tests.endpoint import FakeEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ROUNDS = 20


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


def visit(context: BrowserContext, app: App) -> Page:
    """Open the chat page."""
    page = context.new_page()
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    return page


def test_kill(mortal: App, context: BrowserContext) -> None:
    """Killed 20 times in mid-stream, the store has every prompt, and every answer complete or marked interrupted."""
    page = context.new_page()
    chance = random.Random(7)
    for number in range(ROUNDS):
        page.goto(mortal.url)
        page.wait_for_selector(INPUT)
        say(page, f"n200 r100 kill {number}")
        expect(page.locator(ANSWER)).to_contain_text("w1")
        address = page.url
        page.wait_for_timeout(chance.uniform(0, 2_500) if number < ROUNDS - 1 else 0)  # the last one is surely cut off
        mortal.kill()
        mortal.start()
    page.goto(address)
    page.wait_for_selector(INPUT)
    interrupted(page)
    with sqlite3.connect(mortal.database) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        prompts = [text for (text,) in database.execute("SELECT text FROM messages WHERE role = 'user' ORDER BY id")]
        ends = database.execute("SELECT state, text FROM messages WHERE role = 'assistant' ORDER BY id").fetchall()
        calls = {state for (state,) in database.execute("SELECT DISTINCT status FROM usage")}

    assert prompts == [f"n200 r100 kill {number}" for number in range(ROUNDS)]
    assert {state for state, _ in ends} <= {"completed", "interrupted"}
    assert all(text.endswith("w199 ") for state, text in ends if state == "completed")
    assert calls <= {"completed", "interrupted"}


def test_interrupted_answer_is_shown(mortal: App, context: BrowserContext) -> None:
    """After the restart the page has what was saved, says what happened, and offers to try again."""
    page = visit(context, mortal)
    say(page, "n200 r50 interrupted")
    expect(page.locator(ANSWER)).to_contain_text("w90")
    address = page.url
    mortal.kill()
    mortal.start()

    page.goto(address)
    page.wait_for_selector(INPUT)
    interrupted(page)

    expect(page.locator(ANSWER)).to_contain_text("Interrupted: Parley was shut down")
    expect(page.locator(ANSWER)).to_contain_text("w20")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_orderly_stop_saves_what_is_running(mortal: App, context: BrowserContext) -> None:
    """A server that is asked to stop saves all that had come."""
    page = visit(context, mortal)
    say(page, "n500 r50 stopped in order")
    expect(page.locator(ANSWER)).to_contain_text("w30")

    mortal.stop()

    with sqlite3.connect(mortal.database) as database:
        state, text = database.execute("SELECT state, text FROM messages WHERE role = 'assistant'").fetchone()
    assert state == "interrupted"
    assert "w30" in text
