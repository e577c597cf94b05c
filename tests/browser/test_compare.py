"""Lanes in Chromium: they stream beside each other, one is stopped alone, and a phone swipes them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, STOP, attach, say
from tests.endpoint import FakeEndpoint

pytestmark = pytest.mark.browser

FIRST, SECOND = ".st-key-lane-1", ".st-key-lane-2"
USER = "[data-testid=stChatMessageContent][aria-label$=user]"


@pytest.mark.timeout(180)
def test_lanes(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """Two lanes write at once; Stop of one leaves the other; asked again, its place is empty; a phone swipes them."""
    page.goto(f"{app.url}compare")
    expect(page.locator(INPUT)).to_be_enabled()
    say(page, "n6000 r20 at once")
    for lane in (FIRST, SECOND):
        expect(page.locator(lane)).to_contain_text("w5")
        expect(page.locator(lane)).to_contain_text("tokens/s")

    page.locator(".st-key-lane-stop-1 button:visible").click()

    expect(page.locator(FIRST)).to_contain_text("Stopped")
    expect(page.locator(SECOND)).to_contain_text("w60")
    endpoint.silent = True
    for _ in range(2):
        page.locator(".st-key-lane-menu-1 button:visible").click()
        page.get_by_role("button", name="Ask again").click()
        expect(page.locator(FIRST).locator(ANSWER)).to_have_text("Thinking")
        page.locator(".st-key-lane-stop-1 button:visible").click()
        expect(page.locator(FIRST)).to_contain_text("Stopped")
    endpoint.silent = False
    expect(page.locator(SECOND)).not_to_contain_text("Stopped")
    page.click(STOP)
    expect(page.locator(SECOND)).to_contain_text("Stopped")
    page.reload()
    expect(page.locator(FIRST)).to_contain_text("Stopped")
    expect(page.locator(SECOND)).to_contain_text("w60")
    page.locator(".st-key-lane-focus-2 button:visible").click()
    expect(page.locator(FIRST)).to_have_count(0)
    page.locator(".st-key-lane-focus-2 button:visible").click()
    expect(page.locator(FIRST)).to_contain_text("Stopped")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator(SECOND)).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".st-key-lanes").evaluate("lanes => lanes.scrollWidth > lanes.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_asked_too_early(page: Page, app: App) -> None:
    """A prompt for lanes that are all writing is in the box again, with what to do; after that it is sent."""
    page.goto(f"{app.url}compare")
    expect(page.locator(INPUT)).to_be_enabled()
    say(page, "n6000 r20 at once")
    for lane in (FIRST, SECOND):
        expect(page.locator(lane)).to_contain_text("w5")
    say(page, "say more")
    expect(page.get_by_role("alert").filter(has_text="or press Stop")).to_be_visible()
    expect(page.locator(INPUT)).to_have_value("say more")
    page.click(STOP)
    for lane in (FIRST, SECOND):
        expect(page.locator(lane)).to_contain_text("Stopped")
    page.press(INPUT, "Enter")

    for lane in (FIRST, SECOND):
        expect(page.locator(lane).locator(ANSWER).last).to_contain_text("more")


def test_files_without_a_word(page: Page, app: App) -> None:
    """Files alone are a prompt, as in the chat: all lanes are asked what files ask."""
    page.goto(f"{app.url}compare")
    expect(page.locator(INPUT)).to_be_enabled()
    attach(page, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Paris lies on the Seine."})
    page.press(INPUT, "Enter")

    for lane in (FIRST, SECOND):
        expect(page.locator(lane).locator(USER)).to_contain_text("Sum up what is attached.")
        expect(page.locator(lane).locator(USER)).to_contain_text("notes.txt")


SEEN = """head => { const at = head.getBoundingClientRect(), main = document.querySelector("[data-testid=stMain]");
  const top = document.elementFromPoint(at.left + 4, at.top + at.height / 2);
  return main.scrollTop > 300 && head.contains(top) && at.top >= 0 && at.bottom < 150; }"""
BELOW = """answer => {
  const button = answer.querySelector("button"), main = document.querySelector("[data-testid=stMain]");
  main.scrollTo({top: main.scrollTop + button.getBoundingClientRect().top - 45, behavior: "instant"}); button.focus();
  const at = button.getBoundingClientRect();
  return button.contains(document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2)); }"""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("width", [1280, 390])
def test_heads(page: Page, app: App, width: int) -> None:
    """Beside a long answer it stays in sight whose it is, where lanes are swiped as well, but not over the focus."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{app.url}compare?lane=default/fake&lane=default/other")
    expect(page.locator(INPUT)).to_be_enabled()
    for text in ("n900 r0 first", "n900 r0 second"):
        say(page, text)
        for lane in (FIRST, SECOND):
            expect(page.locator(lane).locator(ANSWER).last).to_contain_text("w899")
            expect(page.locator(lane).locator(ANSWER).last).to_contain_text("tokens/s")
            expect(page.locator(lane).locator(USER).last).to_contain_text(text)
    page.mouse.move(200, 400)
    page.mouse.wheel(0, -600)

    for number in (1, 2)[: 1 if width < 640 else 2]:
        head = page.locator(f".st-key-lane-head-{number}").element_handle()
        page.wait_for_function(SEEN, arg=head)
    assert page.locator(FIRST).locator(ANSWER).first.evaluate(BELOW)
    page.wait_for_function(SEEN, arg=page.locator(".st-key-lane-head-1").element_handle())


def test_heads_before_the_first_prompt(page: Page, app: App) -> None:
    """Whose the lanes will be is in sight, with what can be set for each, before anything was asked."""
    page.goto(f"{app.url}compare?lane=default/fake&lane=default/other")

    for number, name in ((1, "fake"), (2, "other")):
        expect(page.locator(f".st-key-lane-head-{number}").get_by_text(name)).to_be_in_viewport()
        expect(page.locator(f".st-key-lane-tune-{number} button:visible")).to_be_in_viewport()


CODE = "say here: \n\n```\n" + "a line of code that has no room " * 3 + "\n```\n\nso"
SCROLLED = "code => code.scrollWidth > code.clientWidth + 1"


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("lanes", "scrolled"), [(2, True), (3, False)])
def test_code(page: Page, app: App, lanes: int, scrolled: bool) -> None:
    """Code is scrolled where lanes are few, and broken into lines where they are narrow."""
    page.goto(f"{app.url}compare?" + "&".join(f"lane=default/m{number}" for number in range(lanes)))
    expect(page.locator(INPUT)).to_be_enabled()
    page.fill(INPUT, CODE)
    page.press(INPUT, "Enter")
    code = page.locator(FIRST).locator(ANSWER).locator("[data-testid=stCode] pre")
    expect(page.locator(FIRST)).to_contain_text("tokens/s")
    assert code.evaluate(SCROLLED) == scrolled


@pytest.mark.timeout(180)
def test_blind_vote(page: Page, app: App) -> None:
    """Answers stream without names; once both have ended one votes, takes it back, votes, and sees who it was."""
    page.goto(f"{app.url}compare")
    expect(page.locator(INPUT)).to_be_enabled()
    page.locator(".st-key-compare_blind label:visible").click()
    expect(page.get_by_role("switch", name="Blind")).to_be_checked()
    say(page, "n6000 r20 d300 without names")
    expect(page.locator(".st-key-cell-1-0")).to_contain_text("w20")
    expect(page.locator(".st-key-cell-1-1")).to_contain_text("w20")
    expect(page.locator(".st-key-vote-1 button")).to_have_count(0)
    expect(page.locator("[data-testid=stMainBlockContainer]")).not_to_contain_text("tokens")
    page.click(STOP)

    page.locator(".st-key-right-1 button:visible").click()
    expect(page.locator(".st-key-vote-1")).to_contain_text("B > A")
    page.locator(".st-key-take-back-1 button:visible").click()
    page.locator(".st-key-left-1 button:visible").click()
    expect(page.locator(".st-key-vote-1")).to_contain_text("A > B")
    page.reload()
    expect(page.locator(".st-key-vote-1")).to_contain_text("A > B")
    expect(page.locator("[data-testid=stMainBlockContainer]")).not_to_contain_text("tokens")
    page.locator(".st-key-reveal-1 button:visible").click()

    for cell in (".st-key-cell-1-0", ".st-key-cell-1-1"):
        expect(page.locator(cell)).to_contain_text("fake")
        expect(page.locator(cell)).to_contain_text("tokens")
    expect(page.locator(".st-key-take-back-1")).to_have_count(0)


@pytest.mark.timeout(180)
def test_room(page: Page, app: App) -> None:
    """A phone opens the round by its link and votes once, without names and ways out, until the vote is closed."""
    page.goto(f"{app.url}compare")
    expect(page.locator(INPUT)).to_be_enabled()
    page.locator(".st-key-compare_blind label:visible").click()
    expect(page.get_by_role("switch", name="Blind")).to_be_checked()
    say(page, "n30 for the room")
    page.locator(".st-key-room-open-1 button:visible").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    expect(page.locator(".st-key-room-link-1")).to_contain_text("listens on 127.0.0.1 only")
    link = page.locator(".st-key-room-link-1 [data-testid=stCode] code").inner_text()

    phone = page.context.new_page()
    phone.set_viewport_size({"width": 390, "height": 800})
    phone.goto(link.replace("/?", "/usage?"))
    expect(phone.get_by_role("heading", name="Which answer is better?")).to_be_visible()
    expect(phone.locator("body")).not_to_contain_text("fake")
    expect(phone.locator("[data-testid=stSidebar] a, textarea")).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator(".st-key-left-1 button:visible").click()
    expect(phone.locator(".st-key-vote-here")).to_contain_text("You voted")
    expect(page.locator(".st-key-room-tally-1")).to_contain_text("1 phone voted")
    phone.goto(link)
    expect(phone.locator(".st-key-vote-here")).to_contain_text("You voted")
    page.locator(".st-key-room-close-1 button:visible").click()

    expect(phone.get_by_role("heading", name="No vote here")).to_be_visible()
    expect(page.locator(".st-key-room-tally-1")).to_contain_text("equal: 0")
