"""What is done often is done by keys, which a sheet lists; none of them writes, or is taken from what one types."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app import App
from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, INPUT, answered, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SHEET = "dialog.parley-keys"
OPEN = "[data-testid=stSidebar] .st-key-open-conversation"
EDITOR = "[class*=st-key-editor-] textarea"


def press(page: Page, letter: str) -> None:
    """Press a letter with what goes before it here."""
    page.keyboard.press(f"Alt+Shift+{letter}")


def sheet(page: Page, walk: Walk) -> None:
    """Have the sheet by its key and by its button, look at it, and close it by Escape and by a click beside it."""
    page.locator(INPUT).blur()
    page.keyboard.press("?")
    expect(page.locator(SHEET)).to_be_visible()
    expect(page.locator(f"{SHEET} kbd").first).to_have_text("Alt")
    walk.look("the sheet of keys")
    press(page, "n")
    page.keyboard.press("Escape")
    expect(page.locator(SHEET)).to_be_hidden()
    page.locator(".st-key-keys button").click()
    expect(page.locator(SHEET)).to_be_visible()
    page.mouse.click(5, 5)
    expect(page.locator(SHEET)).to_be_hidden()


def test_walk(page: Page) -> None:
    """All of it without a mouse: two conversations, search, versions, copying, editing; a box keeps what is typed."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    walk = Walk(page)
    say(page, "say Paris")
    answered(page)
    press(page, "n")
    expect(page.locator(".st-key-greeting")).to_be_visible()
    say(page, "say Rome")
    expect(page.locator(ANSWER)).to_have_text([re.compile("Rome")])
    answered(page)
    press(page, "j")
    expect(page.locator(OPEN, has_text="say Paris")).to_be_visible()
    expect(page.locator(OPEN)).to_have_count(1)
    expect(page.locator(ANSWER)).to_have_text([re.compile("Paris")])
    press(page, "k")
    expect(page.locator(OPEN, has_text="say Rome")).to_be_visible()
    expect(page.locator(OPEN)).to_have_count(1)
    expect(page.locator(ANSWER)).to_have_text([re.compile("Rome")])

    press(page, "c")
    expect(page.get_by_text("Copied as it was written")).to_be_visible()
    page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'Rome'")
    press(page, "e")
    expect(page.locator(EDITOR)).to_be_focused()
    page.fill(EDITOR, "say Naples")
    page.keyboard.press("Enter")
    expect(page.locator(ANSWER)).to_have_text([re.compile("Naples")])
    expect(page.locator("[class*=st-key-previous-]")).to_be_visible()
    press(page, "h")
    expect(page.locator(ANSWER)).to_have_text([re.compile("Rome")])
    press(page, "l")
    expect(page.locator(ANSWER)).to_have_text([re.compile("Naples")])

    press(page, "s")
    expect(page.locator(".st-key-search input")).to_be_focused()
    page.keyboard.type("N?e")
    expect(page.locator(".st-key-search input")).to_have_value("N?e")
    page.locator(".st-key-search input").fill("")
    press(page, "m")
    expect(page.locator(INPUT)).to_be_focused()
    page.keyboard.type("Why?")
    expect(page.locator(INPUT)).to_have_value("Why?")
    expect(page.locator(SHEET)).to_be_hidden()
    page.keyboard.press("Alt+Shift+?")
    expect(page.locator(SHEET)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(INPUT)).to_have_value("Why?")
    sheet(page, walk)

    assert walk.found == ""


def test_mac(browser: Browser, app: App) -> None:
    """On a Mac the keys have the names they have there, and Option is left for signs."""
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' })")
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    page.keyboard.press("Control+Shift+?")
    expect(page.locator(f"{SHEET} kbd").first).to_have_text("Control")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+Shift+s")
    expect(page.locator(INPUT)).to_be_focused()
    page.keyboard.press("Control+Shift+s")
    expect(page.locator(".st-key-search input")).to_be_focused()
    context.close()
