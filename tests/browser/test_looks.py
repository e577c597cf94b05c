"""What the stylesheet says of a page as a whole."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, STOP, reopen, say
from tests.endpoint import FakeEndpoint
from tests.waiting import until

pytestmark = pytest.mark.browser

COLUMN = "[data-testid=stMainBlockContainer]"
BOTTOM = "[data-testid=stBottom]"
WIDE = """say | a | b | c |
|---|---|---|
| averyveryveryverylongwordindeed | anotherveryveryverylongwordofthetable | andathirdthatisverylongaswell |

$$a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t + u + v + w + x + y + z = \\frac{1}{2}$$

```py
print("a line of code that is longer than any window of a phone is wide, and so has to be scrolled to be read in full")
```
"""
FLOW = "main => getComputedStyle(main).overflowY"
WIDTHS = {"": 736, "image_analysis": 1280, "image_analysis?batch=new": 736, "usage": 1344, "endpoints": 736}


def test_pages_have_their_widths(context: BrowserContext, app: App) -> None:
    """Usage and pictures are wide, all else is a text column."""
    page = context.new_page()
    page.set_viewport_size({"width": 1900, "height": 800})

    for path, width in WIDTHS.items():
        page.goto(f"{app.url}{path}")
        content = page.locator(f"{COLUMN} .st-key-analysis, {COLUMN} > .stVerticalBlock").last
        expect(content).to_have_js_property("offsetWidth", width - 32)


def place(page: Page, css: str) -> FloatRect:
    """Return where something is on the page."""
    found = page.locator(css).first.bounding_box()
    assert found
    return found


def bottom(page: Page) -> float:
    """Return where the input box ends, from above."""
    box = place(page, "[data-testid=stChatInput]")
    return box["y"] + box["height"]


def sideways(page: Page) -> list[str]:
    """Return what of the page as a whole is wider than its window."""
    parts = "[...document.querySelectorAll('html, body, .stApp, .stMain')]"
    widths = f"{parts}.filter((part) => part.scrollWidth > innerWidth).map((part) => part.className + part.scrollWidth)"
    return [str(part) for part in page.evaluate(widths)]


def test_box_is_at_the_lower_edge(page: Page, app: App) -> None:
    """What is typed into stands at the lower edge of the window, whatever is above, also while an answer comes."""
    say(page, "n3000 r50 long")
    expect(page.locator(ANSWER)).to_contain_text("w40")  # by then it has moved down
    assert 760 < bottom(page) <= 800
    for path in ("image_analysis", "image_analysis?batch=new"):
        page.goto(f"{app.url}{path}")
        page.wait_for_selector(INPUT)
        expect(page.locator(INPUT)).to_be_in_viewport()
        assert 760 < bottom(page) <= 800


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 760), (320, 640)])
def test_title_page(context: BrowserContext, app: App, width: int, height: int) -> None:
    """Before the first prompt the box is in the middle, under the greeting and over the steps; nothing is covered."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    greeting, box, steps = (place(page, css) for css in (".st-key-greeting", BOTTOM, ".st-key-starters"))
    above = place(page, ".st-key-greeting a")

    assert 0.35 < (box["y"] + box["height"] / 2) / height < 0.55
    assert above["y"] + above["height"] <= box["y"] + 1
    assert box["y"] + box["height"] <= steps["y"] + 1
    assert steps["y"] + steps["height"] <= height
    assert greeting["y"] >= 56
    say(page, "n3 r0 begun")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    page.wait_for_timeout(500)
    assert height - 40 < bottom(page) <= height


def test_no_room_for_a_title_page(context: BrowserContext, app: App) -> None:
    """In a low window, as on a phone that lies, the box stays at the lower edge."""
    page = context.new_page()
    page.set_viewport_size({"width": 740, "height": 360})
    page.goto(app.url)
    page.wait_for_selector(INPUT)

    assert 320 < bottom(page) <= 360


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 800), (640, 400)])
def test_nothing_goes_sideways(context: BrowserContext, app: App, width: int, height: int) -> None:
    """No page is wider than its window, at 200 % as well; wide tables, formulas and code are, within themselves."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, WIDE)
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    expect(page.locator(f"{ANSWER} .katex-display")).to_be_visible()

    until(lambda: sideways(page) == [])
    for wide in (f"{ANSWER} table", f"{ANSWER} .katex-display", f"{ANSWER} pre"):
        assert page.locator(wide).evaluate("element => element.scrollWidth > element.clientWidth")
        assert place(page, wide)["width"] <= width
    for path in ("image_analysis", "image_analysis?batch=new", "usage", "endpoints"):
        page.goto(f"{app.url}{path}")
        expect(page.locator("h1").first).to_be_visible()
        until(lambda: sideways(page) == [])


def test_figures_of_an_answer(page: Page) -> None:
    """Model, time and cost stand under an answer; tokens and speed are seen by who looks or goes there."""
    say(page, "n20 r0 figures")
    more = page.locator(f"{ANSWER} [class*=st-key-figures] em")
    expect(more).to_contain_text("tokens/s")
    page.mouse.move(2, 2)
    expect(more).to_have_css("opacity", "0")

    page.locator(ANSWER).hover()
    expect(more).to_have_css("opacity", "1")
    page.mouse.move(2, 2)
    page.keyboard.press("Tab")  # who walks keeps what has the cursor, though a conversation has just begun
    page.locator(f"{ANSWER} [class*=st-key-copy-] button:visible").focus()
    expect(more).to_have_css("opacity", "1")


def test_print(page: Page) -> None:
    """On paper there is the conversation, as long as it is, and no furniture."""
    say(page, "n300 r0 to be printed")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    furniture = ("[data-testid=stSidebar]", "[data-testid=stHeader]", BOTTOM, "[class*=st-key-copy-] button")
    page.emulate_media(media="print")
    seen = [part for part in furniture if page.locator(part).first.is_visible()]
    answer, flow = page.locator(ANSWER).is_visible(), page.locator("[data-testid=stMain]").evaluate(FLOW)
    page.emulate_media(media="null")  # or pages of other tests are on paper, too

    assert (seen, answer, flow) == ([], True, "visible")


def test_title_of_the_tab(page: Page, endpoint: FakeEndpoint) -> None:
    """The tab says which conversation is open, has a mark when an answer came in the back, and loses it when seen."""
    say(page, "n60 r0 held talk")
    expect(page).to_have_title("n60 r0 held talk · Parley")
    expect(page.get_by_role("heading", level=1)).to_have_text("n60 r0 held talk")
    expect(page.get_by_role("status").filter(has_text="being written")).to_have_count(1)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    endpoint.let_go("n60 r0 held talk")
    expect(page).to_have_title("● n60 r0 held talk · Parley")
    expect(page.get_by_role("status").filter(has_text="The answer is there.")).to_have_count(1)
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title("n60 r0 held talk · Parley")
    page.get_by_role("link", name="Usage").click()

    expect(page).to_have_title("Usage · Parley")


def test_back_and_forward(page: Page, app: App) -> None:
    """Back and forward lead to what was there: conversations, pages, and the new one."""
    say(page, "n3 r0 first talk")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    page.get_by_role("link", name="New chat").click()
    expect(page.locator(".st-key-greeting")).to_be_visible()
    page.get_by_role("link", name="Usage").click()
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()
    page.get_by_role("link", name="first talk").click()
    expect(page.locator(ANSWER)).to_contain_text("w2")

    page.go_back()
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()
    page.go_back()
    expect(page.locator(".st-key-greeting")).to_be_visible()
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("w2")
    page.go_forward()
    expect(page.locator(".st-key-greeting")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()


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
