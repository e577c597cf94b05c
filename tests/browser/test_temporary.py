"""A temporary chat in a browser: begun, seen as such, in no list, and gone when it is closed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import INPUT, answered, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_walk(page: Page) -> None:
    """It says what it is, is not among the conversations, and its address leads nowhere once it is closed."""
    page.locator(".st-key-temporary button").first.click()
    expect(page.locator(".st-key-temporary-on button").first).to_be_visible()
    say(page, "say hush")
    answered(page)
    expect(page.locator(".st-key-temporary-open").last).to_contain_text("Temporary. Not listed and not searched")
    expect(page.locator(".st-key-conversations").last).not_to_contain_text("hush")
    address = page.url
    assert "?c=" in address
    page.get_by_role("button", name="Close it").last.click()
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    page.goto(address)
    page.wait_for_selector(INPUT)

    expect(page.get_by_text("There is no conversation at this address").first).to_be_visible()
