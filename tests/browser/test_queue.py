"""The next prompt while an answer is coming: it waits, is changed, taken back, goes out by itself, and only once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, STOP, answered, reopen, say
from tests.endpoint import FakeEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

QUEUE = ".st-key-queue"
BOX = "[data-testid=stBottom] textarea[data-testid=stChatInputTextArea]"


def send(page: Page, text: str) -> None:
    """Type something into the input box and press Enter."""
    page.locator(BOX).last.fill(text)
    page.locator(BOX).last.press("Enter")


def act(page: Page, name: str, number: int = 0) -> None:
    """Press a button of what waits."""
    page.locator(f"{QUEUE} [class*=st-key-{name}-] button:visible").nth(number).click()


def test_walk(page: Page, endpoint: FakeEndpoint) -> None:
    """A prompt waits over a reload and goes out by itself; after Stop what waits is edited, and sent by hand."""
    walk = Walk(page)
    say(page, "n40 r0 held first")
    expect(page.locator(ANSWER)).to_contain_text("w38")
    send(page, "n30 r0 held second")
    expect(page.locator(QUEUE)).to_contain_text("n30 r0 held second")
    expect(page.locator(QUEUE).get_by_text("Goes out next")).to_be_visible()
    expect(page.locator(QUEUE).get_by_text("Waits for you")).to_be_hidden()
    expect(page.locator(BOX)).to_have_value("")
    walk.look("a prompt that waits")
    reopen(page)
    expect(page.locator(QUEUE).get_by_text("Goes out next")).to_be_visible()
    expect(page.locator(BOX)).to_have_value("")
    endpoint.let_go("n40 r0 held first")
    expect(page.locator(ANSWER)).to_have_count(2)
    expect(page.locator(QUEUE)).to_have_count(0)
    expect(page.locator(ANSWER).first).to_contain_text("tokens/s")
    expect(page.locator(ANSWER).last).to_contain_text("w28")

    send(page, "say third")
    expect(page.locator(QUEUE)).to_contain_text("say third")
    send(page, "say fourth")
    expect(page.locator(QUEUE)).to_contain_text("say fourth")
    act(page, "edit-queued")
    editor = page.locator(f"{QUEUE} textarea")
    expect(editor).to_be_focused()
    editor.press("Escape")
    expect(editor).to_have_count(0)
    expect(page.locator(STOP)).to_be_visible()
    act(page, "edit-queued")
    editor.fill("say trois")
    editor.press("Enter")
    expect(page.locator(QUEUE)).to_contain_text("say trois")
    act(page, "take-back", 1)
    expect(page.locator(QUEUE)).not_to_contain_text("say fourth")
    page.locator(QUEUE).get_by_role("button", name="Undo").click()
    expect(page.locator(QUEUE)).to_contain_text("say fourth")
    page.click(STOP)
    expect(page.locator(ANSWER).last).to_contain_text("Stopped")
    expect(page.locator(QUEUE).get_by_text("Waits for you").first).to_be_visible()
    expect(page.locator(QUEUE).get_by_text("Goes out next").first).to_be_hidden()
    walk.look("prompts that wait for the person")
    act(page, "send-queued")
    expect(page.locator(ANSWER)).to_have_count(4)
    expect(page.locator(ANSWER).nth(2)).to_contain_text("trois")
    expect(page.locator(ANSWER).nth(3)).to_contain_text("fourth")
    answered(page)
    expect(page.locator(QUEUE)).to_have_count(0)

    prompts = [asked.prompt for asked in endpoint.asked]
    assert prompts == ["n40 r0 held first", "n30 r0 held second", "say trois", "say fourth"]
    assert walk.found == ""


def test_goes_on(page: Page) -> None:
    """An answer goes on being shown while a prompt is put behind it, and while that is edited."""
    say(page, "n9000 r20 first")
    expect(page.locator(ANSWER)).to_contain_text("w5")
    send(page, "say second")
    expect(page.locator(QUEUE)).to_contain_text("say second")
    expect(page.locator(ANSWER)).to_contain_text("w80")
    act(page, "edit-queued")
    expect(page.locator(ANSWER)).to_contain_text("w160")
    page.locator(f"{QUEUE} textarea").press("Escape")
    act(page, "take-back")
    page.click(STOP)
    expect(page.locator(ANSWER).last).to_contain_text("Stopped")
    expect(page.locator(ANSWER)).to_have_count(1)


def test_edited(page: Page) -> None:
    """A prompt that is edited is either sent or left: nothing else can be done with it meanwhile."""
    say(page, "n9000 r20 first")
    expect(page.locator(ANSWER)).to_contain_text("w5")
    send(page, "say second")
    expect(page.locator(QUEUE)).to_contain_text("say second")
    act(page, "edit-queued")
    expect(page.locator(f"{QUEUE} textarea")).to_be_focused()

    expect(page.locator(QUEUE).get_by_role("button", name="Take back")).to_have_count(0)
    page.locator(f"{QUEUE} textarea").press("Escape")
    expect(page.locator(QUEUE).get_by_role("button", name="Take back")).to_have_count(1)


def test_sent_once(page: Page, endpoint: FakeEndpoint) -> None:
    """A prompt goes out once, also where the browser is so busy that the list of conversations asks for news before."""
    say(page, "n9000 r20 elsewhere")
    expect(page.locator(ANSWER)).to_contain_text("w1")
    page.get_by_role("link", name="New chat").click()
    expect(page.locator(".st-key-greeting")).to_be_visible()
    page.evaluate("() => { const set = setTimeout; window.setTimeout = (f, ms, ...a) => set(f, ms || 3000, ...a) }")

    say(page, "say it once")

    expect(page.locator(ANSWER)).to_contain_text("it once")
    page.wait_for_timeout(3_500)
    assert [asked.prompt for asked in endpoint.asked].count("say it once") == 1
