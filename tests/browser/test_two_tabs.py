"""One conversation in two tabs: what is done in one of them is never half done in the other."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat import ANSWER, INPUT, STOP, say
from tests.browser.test_branches import EDITOR, act, shows
from tests.browser.test_queue import QUEUE, send
from tests.browser.test_queue import act as with_queued
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


def reworded(page: Page) -> tuple[Page, Locator]:
    """Reword a prompt that another tab takes back; return that tab, and the box with what is typed."""
    say(page, "n9000 r20 first")
    expect(page.locator(ANSWER)).to_contain_text("w5")
    send(page, "say second")
    expect(page.locator(QUEUE)).to_contain_text("say second")
    second = beside(page)
    with_queued(page, "edit-queued")
    editor = page.locator(f"{QUEUE} textarea")
    editor.fill("say deux")
    with_queued(second, "take-back")
    expect(second.locator(QUEUE)).to_contain_text("Taken back")
    return second, editor


def test_taken_back(page: Page) -> None:
    """Who rewords a prompt that another tab takes back is told so, and keeps what was typed."""
    second, editor = reworded(page)

    editor.press("Enter")

    expect(page.get_by_test_id("stToast")).to_contain_text("sent or taken back already")
    expect(page.locator(QUEUE)).to_contain_text("sent or taken back already")
    expect(editor).to_have_value("say deux")
    second.click(STOP)
    with_queued(page, "cancel-queued")
    expect(page.locator(QUEUE)).to_have_count(0)


def test_taken_back_unseen(page: Page) -> None:
    """What is typed and not sent stays where the page sees by itself that another tab took the prompt back."""
    second, editor = reworded(page)

    second.click(STOP)

    expect(page.locator(QUEUE)).to_contain_text("sent or taken back already")
    expect(editor).to_have_value("say deux")
