"""What the hand does lands: the cursor, what is typed, the place on the page, the sidebar, the theme, the way home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Outcome, Store
from tests.browser.app import KEY, App
from tests.browser.chat import ANSWER, DIALOG, INPUT, MENU, STOP, answered, choose, reopen, say
from tests.endpoint import FakeEndpoint
from tests.waiting import until

pytestmark = pytest.mark.browser

SIDEBAR = "[data-testid=stSidebar]"
TO_END = ".parley-to-end"
CONTENT = "[data-testid=stMainBlockContainer]"


def link(page: Page, name: str) -> Locator:
    """Return a link of the sidebar."""
    return page.locator(SIDEBAR).get_by_role("link", name=name, exact=True).first


def box(page: Page, text: str = "") -> None:
    """See that the cursor is in the input box, and what is in it."""
    expect(page.locator(INPUT)).to_be_focused()
    expect(page.locator(INPUT)).to_have_value(text)


def greeted(page: Page) -> None:
    """Wait for the empty chat."""
    expect(page.locator(".st-key-greeting")).to_be_visible()


def test_cursor_and_drafts(page: Page) -> None:
    """The cursor is where one types next; what is typed and not sent stays where it was typed, and nowhere else."""
    box(page)
    page.keyboard.type("begun")
    link(page, "Usage").click()
    expect(page.get_by_role("heading", name="Usage")).to_be_visible()
    expect(page.locator(INPUT)).to_have_count(0)
    link(page, "Chat").click()
    box(page, "begun")

    say(page, "n40 r40 first")
    expect(page.locator(ANSWER)).to_contain_text("w1")
    page.keyboard.type("typed meanwhile")
    answered(page)
    box(page, "typed meanwhile")
    link(page, "New chat").click()
    greeted(page)
    box(page)
    page.get_by_role("button", name="Notes to a table").click()
    box(page, "Turn these notes into a table with a header, one row for each thing they speak of:\n\n")
    page.fill(INPUT, "")
    link(page, "n40 r40 first").click()
    expect(page.locator(ANSWER)).to_contain_text("w39")
    box(page, "typed meanwhile")
    reopen(page)
    box(page, "typed meanwhile")

    say(page, "n9000 r100 to be stopped")
    expect(page.locator(ANSWER).last).to_contain_text("w1")
    page.click(STOP)
    expect(page.locator(ANSWER).last).to_contain_text("Stopped")
    box(page)
    page.locator(".st-key-actions button").first.click()
    page.locator(".st-key-delete button:visible").click()
    greeted(page)
    box(page)
    reopen(page)
    box(page)


def test_menus(page: Page) -> None:
    """Tab goes into a menu that has opened and out of it again; what opened it has the cursor when it is closed."""
    opener = page.locator(".st-key-parameters button:visible")
    opener.click()
    expect(page.locator(MENU).get_by_label("System prompt")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.locator(MENU).evaluate("menu => menu.contains(document.activeElement)")
    page.keyboard.press("Shift+Tab")
    expect(opener).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(MENU)).to_have_count(0)
    expect(opener).to_be_focused()
    assert opener.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"

    choose(page, "fake")
    box(page)
    link(page, "Usage").focus()
    page.keyboard.type("so")
    box(page, "so")


def test_tips(page: Page) -> None:
    """What a button without words does is said when it is pointed at or reached by Tab, and not once it is pressed."""
    say(page, "n3 hello")
    answered(page)
    tip, again = page.get_by_role("tooltip"), page.locator("[class*=st-key-regenerate-] button")
    again.hover()
    expect(tip).to_have_text("Answer again, with the model and parameters chosen below")
    expect(again).to_have_accessible_description("Answer again, with the model and parameters chosen below")
    again.focus()  # by the keyboard, which typed the prompt
    page.keyboard.press("Tab")
    expect(tip).to_have_text("Branch into a new chat")
    page.locator(".st-key-parameters button").hover()
    expect(tip).to_have_text("Parameters")
    page.locator(".st-key-parameters button").click()
    expect(page.locator(MENU).get_by_label("System prompt")).to_be_visible()
    expect(tip).to_have_count(0)


def place(page: Page) -> tuple[int, int]:
    """Return how far the page is scrolled, and how far it can be."""
    top, most = page.locator(".stMain").evaluate("page => [page.scrollTop, page.scrollHeight - page.clientHeight]")
    return round(top), round(most)


def follows(page: Page) -> None:
    """See that the page stays at its end while it grows."""
    begin = place(page)[1]
    until(lambda: place(page)[1] > begin + 60)
    until(lambda: place(page)[0] >= place(page)[1] - 3)


def rests(page: Page) -> bool:
    """Whether the page stands still: what a person scrolls moves smoothly, and may begin late."""
    before = place(page)[0]
    page.wait_for_timeout(500)
    return place(page)[0] == before < place(page)[1] - 60


def holds(page: Page) -> int:
    """See that the page stays where it is while it grows, and return where that is."""
    until(lambda: rests(page))
    top, most = place(page)
    until(lambda: place(page)[1] > most + 60)
    assert place(page)[0] == top < most
    return top


GROWS = """page => {
  const end = page.scrollHeight - page.clientHeight, text = page.querySelector("[aria-label$=assistant]");
  text.insertAdjacentHTML("beforeend", "<div style='height: 600px'></div>");
  text.dispatchEvent(new WheelEvent("wheel", { deltaY: 100, bubbles: true }));
  page.scrollTo({ top: end, behavior: "instant" });
}"""


def test_growing_flick(page: Page) -> None:
    """Who goes down to the end that was in sight is at the end, though the page has grown by then."""
    say(page, "n900 r0 long")
    answered(page)
    page.mouse.move(500, 300)
    page.mouse.wheel(0, -300)
    expect(page.locator(TO_END)).to_be_visible()
    until(lambda: rests(page))

    page.locator(".stMain").evaluate(GROWS)

    until(lambda: place(page)[0] >= place(page)[1] - 3)


def test_following(page: Page) -> None:
    """At its end the page follows; a notch of the wheel holds it for good; a flick, or the button, leads to the end."""
    say(page, "n60000 r300 long")
    until(lambda: place(page)[1] > 300)
    expect(page.locator(TO_END)).to_be_hidden()
    follows(page)
    page.mouse.move(500, 300)
    page.mouse.wheel(0, -100)
    holds(page)
    expect(page.locator(TO_END)).to_be_visible()
    page.mouse.wheel(0, 100_000)
    follows(page)
    page.keyboard.press("Shift+Tab")
    page.locator(".stMain").focus()
    page.keyboard.press("PageUp")
    holds(page)
    page.locator(TO_END).click()
    follows(page)
    expect(page.locator(TO_END)).to_be_hidden()
    box(page)

    page.mouse.wheel(0, -400)
    top = holds(page)
    page.locator(CONTENT).evaluate("content => (content.style.display = 'none')")  # as it is where it is drawn anew
    until(lambda: place(page)[0] == 0)
    page.locator(CONTENT).evaluate("content => (content.style.display = '')")
    until(lambda: place(page)[0] == top)
    page.click(STOP)
    expect(page.locator(ANSWER)).to_contain_text("Stopped")
    page.wait_for_timeout(300)
    assert place(page)[0] == top
    say(page, "n60000 r300 again")
    follows(page)
    page.click(STOP)
    expect(page.locator(ANSWER).last).to_contain_text("Stopped")


# Notes what of an old answer, whose words begin with another letter, stands where a new one is being written.
OLD = """() => {
  window.old = [];
  new MutationObserver(() => {
    for (const answering of document.querySelectorAll("[class*=st-key-answering]")) {
      const said = answering.closest("[data-testid=stChatMessageContent]").textContent;
      const isOld = said.match(/[a-z](?=\\d)/g)?.some((letter) => letter !== window.letter);
      if (isOld || /Retry|tokens/.test(said)) window.old.push(said);
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def redrawn(page: Page, endpoint: FakeEndpoint, letter: str, button: str) -> None:
    """Press a button that has an answer written again, and see that nothing of the old one stands in its place."""
    endpoint.letter = letter
    page.evaluate("letter => (window.letter = letter)", letter)
    endpoint.silent = True
    page.locator(f"{button} button:visible").first.click()
    expect(page.locator(ANSWER).last).to_have_text("Thinking")
    expect(page.locator(ANSWER).last).to_be_in_viewport()
    endpoint.silent = False
    expect(page.locator(ANSWER).last).to_contain_text(f"{letter}899")
    answered(page)
    assert page.evaluate("window.old") == []


def test_redrawn(page: Page, endpoint: FakeEndpoint) -> None:
    """What redraws an answer empties its place at once and has it in sight: Retry, also after a load, Regenerate."""
    say(page, "n1200 r0 cut 900 redrawn")
    answered(page)
    page.evaluate(OLD)
    redrawn(page, endpoint, "a", "[class*=st-key-retry-]")
    redrawn(page, endpoint, "b", "[class*=st-key-retry-]")
    say(page, "n1200 r0 d1200 cut 900 and again")
    expect(page.locator(ANSWER)).to_have_count(2)
    answered(page)
    reopen(page)
    page.evaluate(OLD)
    redrawn(page, endpoint, "c", "[class*=st-key-retry-]")
    redrawn(page, endpoint, "d", "[class*=st-key-regenerate-]")
    expect(page.locator(ANSWER)).to_have_count(1)
    endpoint.letter = "w"


WHERE = """retry => {
  const above = retry.closest("[data-testid=stChatMessageContent]").getBoundingClientRect();
  const { x, y } = retry.getBoundingClientRect();
  return [Math.round(x), Math.round(y - above.y), Math.round(above.height)];
}"""


def test_retry_stays(page: Page) -> None:
    """Retry stands where it did after a load: under an answer that failed, one that broke off, one that was stopped."""
    endings = enumerate(("status 401", "n40 r0 cut 20", "n9000 r90 to be stopped"), 1)
    for number, prompt in endings:
        say(page, prompt)
        if "stopped" in prompt:
            expect(page.locator(ANSWER).last).to_contain_text("w9")
            page.click(STOP)
        retry = page.get_by_role("button", name="Retry")
        expect(retry).to_have_count(number)
        expect(page.locator(".st-key-answering")).to_have_count(0)
        page.wait_for_timeout(300)
        before = [each.evaluate(WHERE) for each in retry.all()]
        reopen(page)
        expect(retry).to_have_count(number)
        page.wait_for_timeout(300)
        assert [each.evaluate(WHERE) for each in retry.all()] == before, prompt

    retry.first.click()  # what came behind that is another branch's
    expect(retry).to_have_count(1)
    expect(page.locator(ANSWER)).to_have_count(1)
    expect(page.locator(ANSWER)).to_contain_text("Check the API key")


# What a finger may hit that is lower than 40 pixels and has a neighbour nearer than that.
NARROW = """() => {
  const all = [...document.querySelectorAll("button, a[href], summary, [role=radio]")].filter((each) =>
    each.checkVisibility({ visibilityProperty: true }) && !each.closest("p, li, [data-testid=stSkipToContent]"));
  const boxes = all.map((each) => [each, each.getBoundingClientRect()]).filter(([, box]) => box.width > 1);
  const over = (each) => each.closest("[data-testid=stSidebar]");  // on a phone it lies over the page
  const near = ([one, a], [other, b]) => one !== other && !one.contains(other) && !other.contains(one)
    && over(one) === over(other)
    && a.left < b.right && b.left < a.right && Math.abs(a.top + a.bottom - b.top - b.bottom) / 2 < 39;
  return boxes.filter((each) => each[1].height < 39.5 && boxes.some((other) => near(each, other)))
    .map(([each, box]) => `${each.textContent.trim() || each.ariaLabel} ${Math.round(box.height)}`);
}"""


def has_room(page: Page) -> None:
    """See that what a finger may hit is apart, once nothing slides any more."""
    with suppress(AssertionError):
        until(lambda: page.evaluate(NARROW) == [], 3)
    assert page.evaluate(NARROW) == []


def test_phone(browser: Browser, app: App) -> None:
    """What can be done with a message is at hand; the sidebar lies over the page, and closes by a choice or a load."""
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**phone)
    page = context.new_page()
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "n3 r0 on a phone")
    answered(page)
    page.locator("[class*=st-key-edit-] button:visible").tap()  # which nothing hides from a finger
    expect(page.locator("[class*=st-key-quiet-acts-]")).to_have_count(0)
    page.locator("[class*=st-key-cancel-] button:visible").tap()
    expect(page.locator("[class*=st-key-quiet-acts-]")).to_have_css("opacity", "1")

    for name in ("n3 r0 on a phone", "New chat", "Endpoints", "Chat"):
        page.get_by_test_id("stExpandSidebarButton").click()
        expect(page.get_by_test_id("stSidebarCollapseButton")).to_be_visible()
        has_room(page)
        link(page, name).click()
        expect(page.get_by_test_id("stSidebarCollapseButton")).not_to_be_visible()
        has_room(page)
    expect(page.locator(INPUT)).to_be_visible()
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()  # else the page is not whole yet
    wide = page.locator(CONTENT).bounding_box()
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(link(page, "Chat")).to_be_in_viewport()
    assert page.locator(CONTENT).bounding_box() == wide  # it lies over the page
    reopen(page)

    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
    expect(link(page, "Chat")).not_to_be_in_viewport()
    context.close()


def test_theme(page: Page, app: App) -> None:
    """The theme that was chosen holds on all pages, and when they are loaded again."""
    ground = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    page.get_by_test_id("stMainMenu").locator("button").click()
    page.get_by_role("radio", name="Dark").or_(page.get_by_role("menuitemradio", name="Dark")).first.click()
    until(lambda: page.evaluate(ground) == "rgb(20, 23, 26)")

    for path in ("usage", "endpoints", "image_analysis", ""):
        page.goto(f"{app.url}{path}")
        expect(page.get_by_role("heading").first).to_be_visible()
        assert page.evaluate(ground) == "rgb(20, 23, 26)"


def test_list(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """An old conversation opened by its address has its menu and its place; one that is answered elsewhere says so."""
    store = Store.open(f"sqlite:///{app.database}")
    chats, choice = store.chats(LOCAL), ModelChoice("default", "fake")
    made = [chats.begin(Message("user", f"talk {number}"), choice, provider="openai") for number in range(17)]
    for turn in made:
        chats.finish(turn, Outcome("completed", text="Yes."))
    store.close()
    page.goto(f"{app.url}?c={made[0].conversation_id}")
    row = page.locator(f"{SIDEBAR} .st-key-open-conversation")
    expect(row).to_have_text("talk 0")
    page.locator(".st-key-actions button:visible").click()
    expect(page.get_by_label("Rename")).to_have_value("talk 0")
    page.get_by_label("Rename").fill("talk of old")
    page.get_by_label("Rename").press("Enter")
    expect(row).to_have_text("talk of old")
    expect(page.locator(MENU)).to_have_count(0)

    say(page, "n90 r0 held elsewhere")
    expect(page.locator(ANSWER).last).to_contain_text("w1")
    link(page, "New chat").click()
    greeted(page)
    sign = page.locator(f"{SIDEBAR} [class*=st-key-answers-]")
    expect(sign).to_have_text("talk of old")
    say(page, "n30 r30 here")
    expect(page.locator(f"{SIDEBAR} .st-key-open-conversation")).to_have_count(1)
    answered(page)
    endpoint.let_go("n90 r0 held elsewhere")
    expect(sign).to_have_count(0)
    expect(page.locator(SIDEBAR).get_by_role("link", name="n30 r30 here")).to_have_count(1)


def test_waiting(page: Page, endpoint: FakeEndpoint) -> None:
    """What waits says for what and for how long, and Stop ends it."""
    endpoint.limiting, endpoint.patience = 1, 25
    say(page, "n3 r0 busy")
    expect(page.locator(".st-key-answering")).to_have_text(
        re.compile(r"^The endpoint allows no more calls for a moment \(429\)\. It is asked again in 2\d s\.$")
    )
    page.click(STOP)
    expect(page.locator(ANSWER)).to_contain_text("Stopped")
    endpoint.patience = 0
    box(page)

    page.get_by_role("button", name="Retry").click()
    answered(page)


@pytest.fixture
def mortal(tmp_path: Path, endpoint: FakeEndpoint) -> Iterator[App]:
    """An app to be killed."""
    app = App(tmp_path, API_BASE_URL=endpoint.url, API_KEY=KEY, API_MODEL="fake").start()
    yield app
    app.stop()


def test_gone(mortal: App, browser: Browser) -> None:
    """While the server is gone a sentence says so; the page goes on when it is back, and nothing typed is lost."""
    context: BrowserContext = browser.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    page.goto(mortal.url)
    page.wait_for_selector(INPUT)
    say(page, "n3 r0 before")
    answered(page)
    say(page, "n3 d60000 never begun")
    expect(page.locator(ANSWER).last).to_contain_text("Thinking")
    page.keyboard.type("next one")
    mortal.kill()

    expect(page.locator(".parley-gone")).to_contain_text("goes on by itself")
    page.wait_for_timeout(2500)
    expect(page.locator(DIALOG)).to_have_count(0)
    assert "Streamlit" not in page.locator("body").inner_text()
    mortal.start()
    expect(page.locator(".parley-gone")).to_be_hidden()
    expect(page.locator(INPUT)).to_have_value("next one")
    expect(page.locator(INPUT)).to_be_enabled()
    mortal.kill()
    page.evaluate("localStorage.setItem('parley-draft /', JSON.stringify({text: 'sent to nobody', sent: true, at: 1}))")
    mortal.start()
    page.goto(mortal.url)
    expect(page.locator(INPUT)).to_have_value("sent to nobody")
    context.close()


def test_nowhere(page: Page, app: App) -> None:
    """Addresses that do not exist lead to a quiet page with the way home, and what belongs to pages is found."""
    for path in ("chat", "nowhere", "a/b", "usage/more", "main.py"):
        answer = page.goto(f"{app.url}{path}")
        assert answer
        assert answer.status == 404
        expect(page.get_by_role("heading", name="There is nothing at this address.")).to_be_visible()
    page.get_by_role("link", name="Go to Parley").click()

    expect(page.locator(INPUT)).to_be_visible()
