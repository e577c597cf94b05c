"""Conversations: found again, opened, renamed, deleted and brought back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, reopen, say
from tests.waiting import until

pytestmark = pytest.mark.browser

SIDEBAR = "[data-testid=stSidebar]"


def start(page: Page, prompt: str) -> None:
    """Have a conversation that begins with `prompt`."""
    say(page, prompt)
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")


def menu(page: Page) -> None:
    """Open the menu of the open conversation."""
    page.locator(".st-key-actions button").first.click()


def test_cursor_is_in_the_box(page: Page) -> None:
    """A person can type at once."""
    expect(page.locator(INPUT)).to_be_focused()


def test_empty_state_goes_with_the_first_prompt(page: Page) -> None:
    """The greeting makes room for the conversation as soon as a prompt is sent."""
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    say(page, "n100 r50 goes away")
    expect(page.locator(ANSWER)).to_contain_text("w1")

    expect(page.get_by_text("What would you like to know?")).to_have_count(0)


def test_starter(page: Page) -> None:
    """A starter puts the beginning of a prompt into the input box, and sends nothing."""
    page.get_by_role("button", name="Compare two texts").click()

    expect(page.locator(INPUT)).to_have_value(re.compile("^Compare these two texts"))
    expect(page.locator(INPUT)).to_be_focused()
    expect(page.locator(ANSWER)).to_have_count(0)


def test_title_is_the_first_prompt(page: Page) -> None:
    """A new conversation stands in the list at once, under its first prompt, marked as open."""
    say(page, "n60 r30 a title of its own")

    expect(page.locator(f"{SIDEBAR} .st-key-open-conversation")).to_have_text("n60 r30 a title of its own")
    expect(page.get_by_text("Today")).to_be_visible()


def test_new_chat_has_an_address_of_its_own(page: Page, app: App) -> None:
    """New chat leaves the address of the conversation, so that a reload does not lead back to it."""
    start(page, "n3 r0 left behind")
    reopen(page)
    page.get_by_role("link", name="New chat").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()

    expect(page).to_have_url(app.url)


def test_open_another(page: Page) -> None:
    """A click opens a conversation, and only its messages are on the page."""
    start(page, "n3 r0 the first talk")
    page.get_by_role("link", name="New chat").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    start(page, "n4 r0 the second talk")

    page.get_by_role("link", name="n3 r0 the first talk").click()

    expect(page.locator(ANSWER).filter(has_text="7 / 3 tokens")).to_be_visible()
    expect(page.locator(ANSWER)).to_have_count(1)


def test_rename(page: Page) -> None:
    """A conversation keeps the title it is given."""
    start(page, "n2 r0 old title")
    menu(page)
    page.get_by_label("Rename").fill("A better *title*")
    page.get_by_label("Rename").press("Enter")
    expect(page.get_by_role("link", name="A better *title*")).to_be_visible()
    reopen(page)

    expect(page.get_by_role("link", name="A better *title*")).to_be_visible()


def test_delete_and_undo(page: Page) -> None:
    """A deleted conversation is gone from the list, and one click brings it back."""
    start(page, "n2 r0 to be deleted")
    menu(page)
    page.locator(".st-key-delete button:visible").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.get_by_role("link", name="n2 r0 to be deleted")).to_have_count(0)

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("link", name="n2 r0 to be deleted")).to_be_visible()
    expect(page.locator(ANSWER)).to_contain_text("7 / 2 tokens")


def test_delete_while_it_is_written(page: Page) -> None:
    """An answer whose conversation is deleted stops."""
    say(page, "n9000 r50 deleted in mid-stream")
    expect(page.locator(ANSWER)).to_contain_text("w3")

    menu(page)
    page.locator(".st-key-delete button:visible").click()

    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.locator(ANSWER)).to_have_count(0)


def test_load_earlier(page: Page) -> None:
    """A long conversation opens at its end; what came before is a click away."""
    for turn in range(11):
        say(page, f"n{turn + 1} r0 turn {turn}")
        expect(page.locator(ANSWER).last).to_contain_text(f"/ {turn + 1} tokens")
    reopen(page)
    expect(page.locator(ANSWER)).to_have_count(10)
    expect(page.get_by_text("n11 r0 turn 10")).to_be_visible()

    page.get_by_role("button", name="Load earlier").click()

    expect(page.locator(ANSWER)).to_have_count(11)
    expect(page.get_by_role("button", name="Load earlier")).to_have_count(0)


def test_phone(page: Page, app: App) -> None:
    """At phone width nothing is wider than the screen."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "say a `" + "long" * 60 + "` word and |a|b|\n|-|-|\n|" + "cell" * 60 + "|x|")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")

    until(lambda: page.evaluate("document.documentElement.scrollWidth") == 390)
