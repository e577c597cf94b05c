"""What can be done with a message, and how it is found again, as a person goes through it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, INPUT, MENU, answered, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PROMPT = "[data-testid=stChatMessageContent][aria-label$=user]"
COMPOSER = f"[data-testid=stBottom] {INPUT}"
EDITOR = "[class*=st-key-editor-] textarea"
FOUND = ".st-key-found a[href*='m=']"
BELOW = """bubble => {
  const words = [...bubble.querySelectorAll("[data-testid=stMarkdown] p")].at(-1).getBoundingClientRect();
  return bubble.getBoundingClientRect().bottom - words.bottom;
}"""


def act(page: Page, name: str, number: int = 0) -> None:
    """Do something with a message: press the button of that name, counted from the first on the page."""
    page.locator(f"[class*=st-key-{name}-] button:visible").nth(number).click()


def shows(page: Page, *said: str) -> None:
    """Wait until the page shows these answers and no others."""
    # All at once: their number alone comes by on the way from others.
    expect(page.locator(ANSWER)).to_have_text([re.compile(re.escape(text)) for text in said])
    answered(page)


def begin(page: Page) -> None:
    """Have a conversation; see that what can be done with a message takes no room and is seen by who looks there."""
    say(page, "say Paris lies on the Seine")
    shows(page, "Paris")
    say(page, "n700 r0 a long one")
    shows(page, "Paris", "w699")
    quiet = page.locator("[class*=st-key-quiet-acts-]").first
    page.mouse.move(2, 2)
    expect(quiet).to_have_css("opacity", "0")
    assert page.locator(PROMPT).first.evaluate(BELOW) < 12  # pixels
    page.mouse.move(700, 300)
    page.mouse.wheel(0, -20_000)  # or the page goes back to its end
    page.wait_for_timeout(300)
    page.locator(PROMPT).first.hover()
    expect(quiet).to_have_css("opacity", "1")


def edit(page: Page, walk: Walk) -> None:
    """Leave a prompt as it was, then edit it, and go back to the one before."""
    act(page, "edit")
    expect(page.locator(EDITOR)).to_be_focused()
    walk.look("a prompt that is edited")
    page.keyboard.press("Escape")
    expect(page.locator(EDITOR)).to_have_count(0)
    act(page, "edit")
    heights = [page.locator(EDITOR).evaluate("box => box.clientHeight")]
    for lines in (12, 100):
        page.fill(EDITOR, "one line\n" * lines)
        heights.append(page.locator(EDITOR).evaluate("box => box.clientHeight"))
    assert heights[0] < 60  # pixels
    assert 200 < heights[1] < heights[2] < 450
    page.fill(EDITOR, "say Orleans lies on the Loire")
    page.press(EDITOR, "Enter")
    shows(page, "Orleans")
    expect(page.locator(COMPOSER)).to_have_value("")
    expect(page.locator("[class*=st-key-under-]")).to_contain_text("2 / 2")
    act(page, "previous")
    shows(page, "Paris", "w699")
    page.wait_for_timeout(400)
    expect(page.locator(PROMPT).first).to_be_in_viewport()  # where the arrow was, not at the end of what it led to


def ask_again(page: Page, walk: Walk) -> None:
    """Have an early answer a second time, say that it is no better, and go back to the first."""
    act(page, "regenerate")
    shows(page, "Paris")
    expect(page.locator("[class*=st-key-below-]")).to_contain_text("2 / 2")
    act(page, "thumb-down")
    expect(page.locator("[class*=st-key-note-] input")).to_be_visible()
    page.mouse.move(2, 2)  # or what says what a click does is looked at, too
    expect(page.get_by_role("tooltip")).to_have_count(0)
    walk.look("an answer that was rated")
    act(page, "previous", 1)
    shows(page, "Paris", "w699")


def delete(page: Page, walk: Walk) -> None:
    """Delete the second prompt with its answer, and bring them back."""
    act(page, "delete", 2)
    shows(page, "Paris")
    expect(page.locator(".st-key-undo-messages")).to_contain_text("Deleted 2 messages")
    walk.look("messages that were deleted")
    page.get_by_role("button", name="Undo").click()
    shows(page, "Paris", "w699")


def find(page: Page, walk: Walk) -> None:
    """Find a prompt of a branch that is not shown, and go there."""
    act(page, "next")
    shows(page, "Orleans")
    box = page.locator(".st-key-search input")
    box.press_sequentially("seine", delay=30)
    expect(page.locator(FOUND)).to_have_count(3)  # a prompt and its two answers
    page.mouse.move(2, 2)  # a tip would be another state
    walk.look("what was found")
    box.fill("long")
    expect(page.locator(FOUND)).to_have_count(1)
    page.locator(FOUND).click()
    shows(page, "Paris", "w699")
    expect(page.locator(PROMPT).last).to_be_in_viewport()
    expect(page.locator("[class*=st-key-details-]").last).not_to_be_in_viewport()
    box.fill("nowhere at all")
    expect(page.get_by_text("Nothing has all words of")).to_be_visible()
    box.fill("")
    expect(page.locator(".st-key-conversations")).to_be_visible()
    page.locator(".st-key-filters button:visible").click()
    expect(page.locator(MENU).get_by_text("Endpoint")).to_be_visible()
    page.mouse.move(2, 2)
    page.wait_for_timeout(300)
    walk.look("filters")


def test_walk(page: Page) -> None:
    """A prompt is edited, an answer asked for again, some deleted and brought back; a search leads to what was left."""
    walk = Walk(page)
    begin(page)
    edit(page, walk)
    ask_again(page, walk)
    delete(page, walk)
    find(page, walk)

    assert walk.found == ""
