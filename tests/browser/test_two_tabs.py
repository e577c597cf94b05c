"""One conversation in two tabs: what is done in one of them is never half done in the other."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import ANSWER, INPUT, say
from tests.browser.test_branches import EDITOR, act, shows
from tests.browser.test_sidebar import menu

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def beside(page: Page) -> Page:
    """Open what a page shows in a second tab."""
    second = page.context.new_page()
    second.goto(page.url)
    return second


def test_edited(page: Page) -> None:
    """Of two tabs that edit one prompt the second is told so, and keeps what was typed there."""
    say(page, "say Paris lies on the Seine")
    shows(page, "Paris")
    second = beside(page)
    act(second, "edit")
    second.fill(EDITOR, "say Lyon lies on the Rhone")
    act(page, "edit")
    page.fill(EDITOR, "say Orleans lies on the Loire")
    page.press(EDITOR, "Enter")
    shows(page, "Orleans")

    second.press(EDITOR, "Enter")

    expect(second.get_by_test_id("stToast")).to_contain_text("This was done already")
    expect(second.locator(EDITOR)).to_have_value("say Lyon lies on the Rhone")
    second.reload()
    shows(second, "Orleans")


def test_deleted(page: Page) -> None:
    """An answer stops whose conversation another tab deletes; what is sent there is refused with why, and stays."""
    say(page, "n3000 r50 deleted elsewhere")
    expect(page.locator(ANSWER)).to_contain_text("w5")
    second = beside(page)
    expect(second.locator(ANSWER)).to_contain_text("w5")
    menu(second)
    second.locator(".st-key-delete button:visible").click()
    expect(page.locator(ANSWER)).to_contain_text("Stopped")

    say(page, "and now")
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("does not exist any more")
    expect(page.locator(INPUT)).to_have_value("and now")
