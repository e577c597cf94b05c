"""Every page, menu, dialog and state for everybody: axe-core finds nothing against any of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lib.store import Store
from tests import pictures
from tests.browser.app import KEY, App
from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, DIALOG, INPUT, MENU, STOP, answered, details, say
from tests.browser.stops import Stop, follow
from tests.endpoint import FakeEndpoint
from tests.store.calls import dollars, foreign, put

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RED = {"name": "a.png", "mimeType": "image/png", "buffer": pictures.file(pictures.quarters())}
# What a phone in a room votes with, by keys.
BALLOT = (
    Stop(".st-key-place-1-0 button", ("Enter",), ".st-key-cast-1 button"),
    Stop(".st-key-cast-1 button", ("Enter",), ".st-key-vote-here >> text=You voted"),
)
FAINTEST = """() => {
  for (const breath of document.getAnimations()) {
    breath.pause();
    breath.currentTime = 900;
  }
}"""
DRESSED = """say # Tides

## In short

The **moon** pulls; see `tide()` and [a page](https://example.org/).[^1]

- [x] springs
- [ ] neaps

| Place | Range, m |
|---|---:|
| Fundy | 16.3 |

> Time and tide wait for no man.

$$a = \\frac{2GMr}{d^3} \\approx 1.1 \\times 10^{-6} \\mathrm{m s^{-2}} + b + c + d + e + f + g + h + i + j + k + l$$

```python
def tide(mass: float, distance: float) -> float:  # metres per second squared, on the near side of the earth, so far
    "A string." + 3 * None
```

[^1]: A source.
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint) -> Iterator[App]:
    """The app with an endpoint that answers, one that is gone, and a budget."""
    secrets = f"""
[endpoints.work]
base_url = "{endpoint.url}"
api_key = "{KEY}"
model = "fake"
[endpoints.gone]
base_url = "http://127.0.0.1:9/v1"
model = "x"
[[budgets]]
amount = 20.0
[[budgets]]
amount = 1.0
"""
    app = App(tmp_path_factory.mktemp("axe"), secrets).start()
    yield app
    app.stop()


def menu(page: Page, walk: Walk, button: str, state: str) -> None:
    """Open a menu by its button, look at it, and close it."""
    page.locator(f"{button}:visible").first.click()
    expect(page.locator(MENU)).to_be_visible()
    page.mouse.move(2, 2)  # its tip would be another state
    page.wait_for_timeout(300)
    walk.look(state)
    page.keyboard.press("Escape")
    expect(page.locator(MENU)).to_have_count(0)


def test_title_page(context: BrowserContext, app: App) -> None:
    """The title page, its menus, a temporary chat, and the place of a conversation that is gone."""
    page = context.new_page()
    walk = Walk(page)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    walk.look("title page")
    menu(page, walk, ".st-key-models button", "models")
    menu(page, walk, ".st-key-parameters button", "parameters")
    page.goto(f"{app.url}?c=nowhere")
    expect(page.get_by_text("no conversation at this address")).to_be_visible()
    walk.look("conversation that is gone")
    page.goto(app.url)
    page.locator(".st-key-temporary button:visible").click()
    expect(page.locator(".st-key-temporary-about")).to_be_visible()
    page.mouse.move(2, 2)
    walk.look("temporary chat to be")
    say(page, "n3 r0 hush")
    expect(page.locator(".st-key-close-temporary")).to_be_visible()
    answered(page)
    walk.look("temporary chat")

    assert walk.found == ""


def test_conversation(context: BrowserContext, app: App) -> None:
    """A conversation at the desk and on a phone: what an answer can have, its menu, its details, its usage."""
    page = context.new_page()
    walk = Walk(page)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "think n30 r0 with reasoning")
    answered(page)
    page.locator("[data-testid=stExpander] summary").click()
    say(page, DRESSED)
    expect(page.locator(ANSWER)).to_have_count(2)
    answered(page)
    page.wait_for_timeout(500)
    walk.look("conversation")
    page.set_viewport_size({"width": 390, "height": 800})
    walk.look("conversation on a phone")
    page.locator("[data-testid=stExpandSidebarButton]").click()
    page.wait_for_timeout(500)
    walk.look("sidebar on a phone")
    page.set_viewport_size({"width": 1100, "height": 800})
    menu(page, walk, ".st-key-actions button", "menu of the conversation")
    details(page)
    page.wait_for_timeout(500)
    walk.look("details")
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_have_count(0)
    page.locator(".st-key-actions button:visible").first.click()
    page.get_by_role("button", name="Usage").click()
    expect(page.locator(DIALOG)).to_be_visible()
    walk.look("usage of the conversation")
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_have_count(0)

    assert walk.found == ""


def test_ends(context: BrowserContext, app: App) -> None:
    """An answer that is refused, one that is awaited, written, stopped, and a conversation that was deleted."""
    page = context.new_page()
    walk = Walk(page)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "status 401")
    expect(page.locator(ANSWER).last).to_contain_text("Check the API key")
    walk.look("error")
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "n3 d60000 awaited")
    expect(page.locator(".st-key-thinking")).to_be_visible()
    page.evaluate(FAINTEST)
    walk.look("answer that is awaited")
    page.click(STOP)
    expect(page.locator(ANSWER).last).to_contain_text("Stopped")
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "n3000 r40 long")
    expect(page.locator(ANSWER).last).to_contain_text("w5")
    walk.look("answer that is written")
    page.click(STOP)
    expect(page.locator(ANSWER).last).to_contain_text("Stopped")
    walk.look("answer that was stopped")
    page.locator(".st-key-actions button:visible").first.click()
    page.locator(".st-key-delete button:visible").click()
    expect(page.get_by_text("Deleted “")).to_be_visible()
    walk.look("undo")

    assert walk.found == ""


def test_image_analysis(context: BrowserContext, app: App) -> None:
    """The image page: empty, with a picture, asked, and its batch."""
    page = context.new_page()
    walk = Walk(page)
    page.goto(f"{app.url}image_analysis")
    page.wait_for_selector(INPUT)
    walk.look("no picture")
    page.get_by_role("button", name="Web address").click()
    page.wait_for_timeout(300)
    walk.look("web address")
    page.keyboard.press("Escape")
    page.set_input_files("[data-testid=stFileUploader] input[type=file]", files=[RED, RED])  # type: ignore[list-item]
    expect(page.locator(".st-key-tasks")).to_be_visible()
    walk.look("pictures")
    say(page, "n9 r0 what is this")
    answered(page)
    walk.look("answer about pictures")
    page.goto(f"{app.url}image_analysis?batch=new")
    page.wait_for_selector(INPUT)
    walk.look("batch")

    assert walk.found == ""


def test_usage_and_endpoints(context: BrowserContext, app: App) -> None:
    """The usage page with its menus and a call, and the endpoints page with a check and its forms."""
    page = context.new_page()
    walk = Walk(page)
    page.goto(f"{app.url}endpoints")
    expect(page.locator("h1")).to_be_visible()
    walk.look("endpoints")
    for button in page.get_by_role("button", name="Check", exact=True).all():
        button.click()
    expect(page.locator(".st-key-endpoint-gone")).to_contain_text(re.compile("wants? a look"))
    expect(page.locator(".st-key-endpoint-work")).to_contain_text("First token")
    walk.look("endpoints, checked")
    menu(page, walk, ".st-key-endpoint-work [data-testid=stPopover] button", "key")
    page.locator(".st-key-new-endpoint summary").click()
    page.wait_for_timeout(300)
    walk.look("new endpoint")
    with closing(Store.open(f"sqlite:///{app.database}")) as store:
        now = datetime.now(UTC)
        put(store, *(foreign(now - timedelta(days=day), model=f"m{day % 7}", cost=dollars("0.2")) for day in range(60)))
    page.goto(f"{app.url}usage")
    expect(page.locator(".stVegaLiteChart").get_by_role("img")).to_be_visible()
    walk.look("usage")
    for name in ("Filters", "View", "Download"):
        page.locator("[data-testid=stMain]").get_by_role("button", name=name).first.click()
        expect(page.locator(MENU)).to_be_visible()
        walk.look(name)
        page.keyboard.press("Escape")
        expect(page.locator(MENU)).to_have_count(0)
    page.get_by_text("What if").click()
    page.wait_for_timeout(300)
    walk.look("what if")
    page.locator("[data-testid=stDataFrame]").last.click(position={"x": 15, "y": 55})
    expect(page.locator(DIALOG)).to_be_visible()
    walk.look("call")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 800})
    walk.look("usage on a phone")

    assert walk.found == ""


def test_people_vote(context: BrowserContext, app: App) -> None:
    """Answers without names and the vote on them, its code for a room, what a phone there sees, and the ranking."""
    page = context.new_page()
    walk = Walk(page)
    page.goto(f"{app.url}compare?lane=work/fake&lane=work/other&lane=work/third")
    expect(page.locator(".st-key-lane-3")).to_be_visible()
    page.locator(".st-key-compare_blind label:visible").click()
    expect(page.get_by_role("switch", name="Blind")).to_be_checked()
    say(page, "n30 r0 without names")
    follow(page, BALLOT[:1])
    page.locator(".st-key-room-open-1 button:visible").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.mouse.move(2, 2)
    walk.look("blind vote, and the code for a room")
    phone = context.new_page()
    seen = Walk(phone)
    phone.set_viewport_size({"width": 390, "height": 800})
    phone.goto(page.locator(".st-key-room-link-1 [data-testid=stCode] code").inner_text())
    follow(phone, BALLOT[:1])
    seen.look("vote in a room")
    phone.set_viewport_size({"width": 1280, "height": 800})
    seen.look("vote in a room at a desk")
    follow(phone, BALLOT[1:])
    seen.look("voted in a room")
    page.locator(".st-key-cast-1 button:visible").click()
    expect(page.locator(".st-key-take-back-1 button:visible")).to_be_visible()
    page.locator(".st-key-reveal-1 button:visible").click()
    expect(page.locator(".st-key-show-lanes button:visible")).to_be_visible()
    expect(phone.get_by_role("heading", name="No vote here")).to_be_visible()
    seen.look("closed vote")
    page.set_viewport_size({"width": 390, "height": 800})
    walk.look("names on a phone")
    page.goto(f"{app.url}compare?show=ranking")
    expect(page.locator(".stVegaLiteChart").first.get_by_role("img")).to_be_visible()
    walk.look("ranking on a phone")
    page.set_viewport_size({"width": 1280, "height": 800})
    walk.look("ranking")

    assert walk.found + seen.found == ""


def test_demonstrations(context: BrowserContext, app: App) -> None:
    """The page of demonstrations, a pack, a step in the making, its settings; the stage and the notes; a phone."""
    page = context.new_page()
    walk = Walk(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{app.url}demo")
    expect(page.locator(".st-key-demo-new button:visible")).to_be_visible()
    walk.look("no demonstration")
    page.locator(".st-key-demo-bundled button:visible").click()
    expect(page.locator(".st-key-lane-1")).to_contain_text("Recorded on")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()  # it fades first
    walk.look("stage")
    page.set_viewport_size({"width": 390, "height": 800})
    walk.look("stage on a phone")
    notes = context.new_page()
    beside = Walk(notes)
    notes.goto(page.url.replace("on=stage", "on=notes"))
    expect(notes.locator(".st-key-stage-notes h3")).to_be_visible()
    beside.look("notes")
    notes.set_viewport_size({"width": 390, "height": 800})
    beside.look("notes on a phone")
    page.locator(".st-key-stage-end button:visible").click()
    expect(page.locator(".st-key-present button:visible")).to_be_visible()
    walk.look("pack on a phone")
    page.set_viewport_size({"width": 1280, "height": 800})
    menu(page, walk, ".st-key-demo-settings button", "settings of a pack")
    page.locator(".st-key-step-edit-1 button:visible").click()
    expect(page.locator(".st-key-step-form-1")).to_be_visible()
    page.mouse.move(2, 2)
    walk.look("step in the making")

    assert walk.found + beside.found == ""


def test_compare(context: BrowserContext, app: App) -> None:
    """Lanes that are chosen, that write, that have ended, one of them in an error; their menus, and a phone."""
    page = context.new_page()
    walk = Walk(page)
    page.goto(f"{app.url}compare?lane=work/fake&lane=gone/x&lane=work/other")
    expect(page.locator(".st-key-lane-3")).to_be_visible()
    walk.look("lanes, chosen")
    menu(page, walk, ".st-key-lane-tune-1 button", "parameters of a lane")
    say(page, "n9000 r20 side by side")
    expect(page.locator(".st-key-lane-3")).to_contain_text("w5")
    expect(page.locator(".st-key-lane-2 [role=alert]")).to_be_visible()
    walk.look("lanes, writing")
    page.click(STOP)
    expect(page.locator(".st-key-lane-1")).to_contain_text("Stopped")
    expect(page.locator(".st-key-lane-3")).to_contain_text("Stopped")
    walk.look("lanes, ended")
    menu(page, walk, ".st-key-lane-menu-1 button", "menu of a lane")
    menu(page, walk, ".st-key-compare-words button", "differences")
    menu(page, walk, ".st-key-compare-join button", "add a lane")
    page.set_viewport_size({"width": 390, "height": 800})
    walk.look("lanes on a phone")

    assert walk.found == ""
