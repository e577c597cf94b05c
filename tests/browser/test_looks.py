"""What the stylesheet says of a page as a whole."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, STOP, reopen, say

pytestmark = pytest.mark.browser

COLUMN = "[data-testid=stMainBlockContainer]"
WIDTHS = {"": 736, "image_analysis": 1280, "image_analysis?batch=new": 736, "usage": 1344, "endpoints": 736}


def test_pages_have_their_widths(context: BrowserContext, app: App) -> None:
    """Usage and pictures are wide, all else is a text column."""
    page = context.new_page()
    page.set_viewport_size({"width": 1900, "height": 800})

    for path, width in WIDTHS.items():
        page.goto(f"{app.url}{path}")
        content = page.locator(f"{COLUMN} .st-key-analysis, {COLUMN} > .stVerticalBlock").last
        expect(content).to_have_js_property("offsetWidth", width - 32)


def test_box_is_at_the_lower_edge(page: Page, app: App) -> None:
    """What is typed into stands at the lower edge of the window, whatever is above, also while an answer comes."""
    for path in ("", "image_analysis", "image_analysis?batch=new"):
        page.goto(f"{app.url}{path}")
        page.wait_for_selector(INPUT)
        expect(page.locator(INPUT)).to_be_in_viewport()
        box = page.locator("[data-testid=stChatInput]").bounding_box()
        assert box
        assert 760 < box["y"] + box["height"] <= 800


def test_menu_of_the_conversation(page: Page) -> None:
    """The menu of a conversation is seen while one is open, from its first prompt on."""
    menu = page.locator(".st-key-actions button:visible")
    expect(menu).to_have_count(0)

    say(page, "n20 r0 open")
    expect(menu).to_have_count(1)
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    page.get_by_role("link", name="New chat").click()

    expect(menu).to_have_count(0)


def test_stop_after_a_reload(page: Page) -> None:
    """Stop is seen on a page whose answer is being written when it is opened, and goes with it."""
    say(page, "n3000 r50 reloaded")
    expect(page.locator(ANSWER)).to_contain_text("w5")

    reopen(page)
    expect(page.locator(STOP)).to_be_visible()
    page.get_by_role("link", name="New chat").click()

    expect(page.locator(STOP)).to_be_hidden()
