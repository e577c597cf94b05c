"""The endpoints page: checks of endpoints of all kinds, and keys that stay where they belong."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, WebSocket, expect

from tests import pictures
from tests.browser.app import App, free_port
from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, INPUT, MENU, say, uploaded
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.browser

DROP = """bytes => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(bytes)], "dropped.png", { type: "image/png" }));
  document.querySelector(".stMain").dispatchEvent(
    new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""
KEY, TYPED = "sk-configured-0123456789", "sk-typed-0123456789"
SECRETS = """
[endpoints.good]
base_url = "{good}"
api_key = "{key}"
model = "m"
[endpoints.dead]
base_url = "{dead}"
[endpoints.hanging]
base_url = "{hanging}"
[endpoints.blind]
base_url = "{blind}"
model = "m"
[endpoints.short]
base_url = "{short}"
api_key = "{key}"
model = "m"
"""


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    """A vendor with one key."""
    vendor = FakeVendor(key=KEY)
    yield vendor
    vendor.stop()


@pytest.fixture(scope="module")
def other() -> Iterator[FakeVendor]:
    """A vendor with the key that is typed."""
    vendor = FakeVendor(key=TYPED)
    yield vendor
    vendor.stop()


@pytest.fixture(scope="module")
def blind() -> Iterator[FakeVendor]:
    """A vendor that takes no pictures."""
    vendor = FakeVendor(images=False, models=["m"])
    yield vendor
    vendor.stop()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor, blind: FakeVendor) -> Iterator[App]:
    """The app with five endpoints: one is well, one refuses connections, one hangs, one lacks /v1, one is blind."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        urls = {
            "good": vendor.url,
            "dead": f"http://127.0.0.1:{free_port()}/v1",
            "hanging": f"http://127.0.0.1:{silent.getsockname()[1]}/v1",
            "short": vendor.root,
            "blind": blind.url,
        }
        app = App(tmp_path_factory.mktemp("app"), SECRETS.format(**urls, key=KEY)).start()
        yield app
        app.stop()


@pytest.fixture
def page(tab: Page, app: App) -> Page:
    """The endpoints page, opened by its address."""
    tab.goto(f"{app.url}endpoints")
    expect(tab.get_by_role("heading", name="Endpoints")).to_be_visible()
    return tab


def section(page: Page, name: str) -> Locator:
    """Return the part of the page about one endpoint."""
    return page.locator(f".st-key-endpoint-{name}")


def check(page: Page, name: str) -> Locator:
    """Begin a check of an endpoint and return its part of the page."""
    part = section(page, name)
    part.get_by_role("button", name="Check").click()
    return part


def form(page: Page) -> Locator:
    """Open the form that adds an endpoint."""
    part = page.locator(".st-key-new-endpoint")
    part.get_by_text("Add an endpoint").click()
    expect(part.get_by_label("Base URL")).to_be_visible()
    return part


def test_address(page: Page) -> None:
    """The page has its address, the title and look of the app, and links to the chat."""
    assert page.title() == "Endpoints · Parley"
    page.get_by_role("link", name="Chat", exact=True).click()

    expect(page.locator(INPUT)).to_be_visible()


def test_way_there_and_back(page: Page) -> None:
    """From the chat the page is a click away, and New chat leads back."""
    page.get_by_role("link", name="New chat").click()
    expect(page.locator(INPUT)).to_be_visible()
    page.get_by_role("link", name="Endpoints").click()
    expect(page.get_by_role("heading", name="Endpoints")).to_be_visible()
    expect(page.locator(INPUT)).to_have_count(0)


def test_check(page: Page) -> None:
    """A check goes through its steps by itself, and ends with what the endpoint can do."""
    part = check(page, "good")

    expect(part).to_contain_text("All is well")
    expect(part.locator("li")).to_have_count(11)
    expect(part).to_contain_text("It streams as server-sent events.")
    expect(part.get_by_text("images", exact=True)).to_be_visible()


def test_dead(page: Page) -> None:
    """Of an endpoint that refuses connections just that is said, and what to do."""
    part = check(page, "dead")

    expect(part).to_contain_text("the connection was refused")
    expect(part).to_contain_text("Check that the endpoint is running")
    expect(part).to_contain_text("reachable failed")


def test_hanging(page: Page) -> None:
    """While a check hangs, everything else goes on."""
    part = check(page, "hanging")
    expect(part).to_contain_text("Checking …")
    expect(check(page, "good")).to_contain_text("All is well")
    expect(part).to_contain_text("Checking …")

    page.get_by_role("link", name="New chat").click()

    expect(page.locator(INPUT)).to_be_visible()


def test_short(page: Page, vendor: FakeVendor) -> None:
    """A URL that lacks /v1 is found out; the right one is used with a click."""
    part = check(page, "short")
    expect(part.locator("[data-testid=stCode]")).to_have_text(vendor.url)

    part.get_by_role("button", name="Use it in this session").click()

    expect(part.get_by_text(vendor.url, exact=True)).to_be_visible()
    expect(part).to_contain_text("All is well")


def test_guess(page: Page) -> None:
    """While a URL is typed, the vendor is found and helped with."""
    part = form(page)
    part.get_by_label("Base URL").press_sequentially("https://openrouter.ai/api/v1")

    expect(part).to_contain_text("keys are made at openrouter.ai/keys")
    expect(part.get_by_label("Base URL")).to_have_value("https://openrouter.ai/api/v1")
    expect(part.get_by_label("Base URL")).to_be_focused()


def test_error(page: Page) -> None:
    """What cannot work is told, and what was typed is still there."""
    part = form(page)
    part.get_by_label("Base URL").fill("https:/nonsense")
    part.get_by_label("Key", exact=True).fill(TYPED)
    part.get_by_role("button", name="Add and check").click()

    expect(part.get_by_role("alert")).to_contain_text("Base URL: expected an http or https URL")
    expect(part.get_by_label("Base URL")).to_have_value("https:/nonsense")
    expect(part.get_by_label("Key", exact=True)).to_have_value(TYPED)


def test_keys(context: BrowserContext, app: App, other: FakeVendor) -> None:
    """An endpoint that is added works with its key, and no key is in a page, a frame or a log; the browser asks us."""
    page, frames, asked = context.new_page(), list[str | bytes](), list[str]()

    def note(frame: str | bytes) -> None:
        frames.append(frame)

    def listen(connection: WebSocket) -> None:
        connection.on("framereceived", note)

    def ask(sent: Request) -> None:
        asked.append(sent.url)

    page.on("websocket", listen)
    page.on("request", ask)
    page.goto(f"{app.url}endpoints")
    part = form(page)
    part.get_by_label("Base URL").fill(other.url)
    page.wait_for_timeout(700)  # the form takes note of an address as it is typed
    part.get_by_label("Key", exact=True).fill(TYPED)
    part.get_by_label("Name", exact=True).fill("mine")
    part.get_by_role("button", name="Add and check").click()
    expect(section(page, "mine")).to_contain_text("All is well")
    expect(section(page, "mine")).to_contain_text("Key of this session")
    for label in ("Base URL", "Key", "Name"):
        expect(part.get_by_label(label, exact=True)).to_have_value("")
    section(page, "mine").get_by_text("Keep it", exact=True).click()
    expect(section(page, "mine").locator("[data-testid=stCode]")).to_contain_text('api_key = "…"')

    received = b"".join(frame if isinstance(frame, bytes) else frame.encode() for frame in frames)
    written = b"".join(path.read_bytes() for path in app.folder.glob("*") if path.is_file())

    assert [url for url in asked if not url.startswith((app.url, "data:", "blob:"))] == []
    assert {call.key for call in other.asked} == {TYPED}
    assert b"All is well" in received
    assert len(written) > 1000
    for key in (KEY, TYPED):
        assert key not in page.content()
        assert key.encode() not in received
        assert key.encode() not in written


def test_session_key(page: Page, vendor: FakeVendor, other: FakeVendor) -> None:
    """A key of the session goes to the endpoint it was given for, and to no other; the menu closes."""
    part, mark, others = section(page, "good"), len(vendor.asked), len(other.asked)
    part.get_by_role("button", name="Key").click()
    page.get_by_label("Key for this browser session").fill("sk-session-0123456789")
    page.get_by_role("button", name="Use this key").click()
    expect(part).to_contain_text("Key of this session")
    expect(page.get_by_label("Key for this browser session")).to_have_count(0)

    check(page, "short")
    expect(check(page, "good")).to_contain_text("key failed")
    expect(section(page, "short")).to_contain_text("no answers")

    keys = {(asked.path, asked.key) for asked in vendor.asked[mark:]}
    assert ("/v1/models", "sk-session-0123456789") in keys
    assert ("/models", KEY) in keys
    assert ("/models", "sk-session-0123456789") not in keys
    assert len(other.asked) == others


def test_gone_with_the_session(page: Page, app: App, other: FakeVendor) -> None:
    """What a session added is another session's no more than its own after a reload."""
    part = form(page)
    part.get_by_label("Base URL").fill(other.url)
    page.wait_for_timeout(700)  # the form takes note of an address as it is typed
    part.get_by_label("Name", exact=True).fill("mine")
    part.get_by_role("button", name="Add and check").click()
    expect(section(page, "mine")).to_be_visible()

    page.reload()

    expect(section(page, "good")).to_be_visible()
    expect(section(page, "mine")).to_have_count(0)


def test_use_it_now(page: Page, other: FakeVendor) -> None:
    """Enter adds what is typed, beside the very lines that keep it; once it answers, a click begins a chat with it."""
    part = form(page)
    expect(part).to_contain_text("is forgotten when you reload")
    part.get_by_label("Key", exact=True).fill(TYPED)
    part.get_by_label("Base URL").fill(other.url)
    expect(part.locator("[data-testid=stCode]")).to_contain_text(f'base_url = "{other.url}"')
    part.get_by_label("Name", exact=True).fill("new")
    part.get_by_label("Name", exact=True).press("Enter")
    expect(section(page, "new")).to_contain_text("All is well")
    section(page, "new").get_by_role("button", name="Use it now").click()

    expect(page.locator(INPUT)).to_be_focused()
    expect(page.locator(".st-key-models button")).to_contain_text("m · new")
    say(page, "hi")
    expect(page.locator(ANSWER)).to_contain_text("hello")
    page.locator(".st-key-models button").click()
    expect(page.locator(MENU).get_by_text("new · models")).to_be_visible()


def test_blind(page: Page) -> None:
    """That a model takes no pictures is said before one is chosen; a drop is taken anywhere, and none is sent."""
    expect(check(page, "blind")).to_contain_text("This model is blind.")
    section(page, "blind").get_by_role("button", name="Use it now").click()
    warning = page.locator(".st-key-before-pictures")
    expect(page.locator(INPUT)).to_be_focused()
    expect(warning).to_be_hidden()
    page.get_by_test_id("stChatInputFileUploadButton").hover()
    expect(warning).to_contain_text("m cannot see pictures.")
    warning.get_by_role("link", name="Add an endpoint").hover()
    page.wait_for_timeout(500)
    expect(warning).to_be_visible()
    page.mouse.move(500, 100)
    expect(warning).to_be_hidden()
    page.evaluate(DROP, list(pictures.file(pictures.quarters())))
    expect(page.get_by_test_id("stFileChip")).to_contain_text("dropped.png")
    expect(warning).to_be_visible()
    uploaded(page)
    say(page, "look")
    expect(page.get_by_role("alert").last).to_contain_text("cannot see pictures")
    expect(page.locator(INPUT)).to_have_value("look")
    expect(page.locator(ANSWER)).to_have_count(0)

    page.get_by_role("link", name="Image analysis").first.click()
    expect(page.locator(".st-key-analysis .st-key-blind")).to_contain_text("m cannot see pictures.")
    walk = Walk(page)
    walk.look("model that is blind")
    assert walk.found == ""


def test_phone(page: Page) -> None:
    """At phone width nothing is wider than the screen."""
    page.set_viewport_size({"width": 390, "height": 844})
    expect(check(page, "dead")).to_contain_text("reachable failed")
    form(page)

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
