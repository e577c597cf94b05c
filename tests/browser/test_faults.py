"""What goes wrong is said in one sentence with what to do next; nothing typed is lost, and the key is never shown."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket, expect

from tests.browser.app import KEY, App, free_port
from tests.browser.chat import ANSWER, INPUT, reopen, say
from tests.endpoint import FakeEndpoint

pytestmark = pytest.mark.browser

FAULTS = [
    ("status 401", "Check the API key"),
    ("status 402", "credits"),
    ("status 403", "allow this key"),
    ("status 404", "model name"),
    ("status 429", "Wait a moment"),
    ("status 500", "Press Retry"),
    ("html", "base URL"),
    ("empty", "base URL"),
    ("n20 r50 reset 5", "press Retry"),
]


@pytest.fixture(scope="module")
def frames() -> list[str | bytes]:
    """Everything that came over the pages' sockets."""
    return []


@pytest.fixture
def page(context: BrowserContext, app: App, frames: list[str | bytes]) -> Page:
    """The chat page, its sockets listened to."""
    page = context.new_page()

    def keep(frame: str | bytes) -> None:
        frames.append(frame)

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", keep)
        socket.on("framesent", keep)

    page.on("websocket", listen)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    return page


@pytest.mark.parametrize(("prompt", "advice"), FAULTS)
def test_error_says_what_to_do(page: Page, prompt: str, advice: str) -> None:
    """An error stands under the prompt, with what to do and a Retry."""
    say(page, prompt)

    alert = page.locator(f"{ANSWER} [role=alert]")

    expect(alert).to_contain_text(advice)
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.get_by_text(prompt, exact=True).last).to_be_visible()
    assert KEY not in page.content()


def test_broken_answer_keeps_what_came(page: Page) -> None:
    """A stream that breaks off leaves what had come, and the error below it."""
    say(page, "n20 r50 reset 5 again")

    expect(page.locator(ANSWER)).to_contain_text("w0 w1 w2 w3 w4")
    expect(page.locator(ANSWER)).to_contain_text("press Retry")


def test_answer_without_an_end(page: Page) -> None:
    """A stream that just ends is marked as incomplete, and can be retried."""
    say(page, "n20 r50 cut 5")

    expect(page.locator(ANSWER)).to_contain_text("The answer ended early")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_retry_asks_again(page: Page, endpoint: FakeEndpoint) -> None:
    """Retry sends the prompt once more, and the answer takes the place of the error."""
    endpoint.failing = 1
    say(page, "n5 r0 fails once")
    page.get_by_role("button", name="Retry").click()

    expect(page.locator(ANSWER)).to_contain_text("w4")
    expect(page.locator(ANSWER)).to_have_count(1)
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)
    assert [asked.prompt for asked in endpoint.asked].count("n5 r0 fails once") == 2


def test_retry_after_a_reload(page: Page, endpoint: FakeEndpoint) -> None:
    """An answer that failed can be retried when the page is opened again."""
    endpoint.failing = 1
    say(page, "n5 r0 fails, then a reload")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    reopen(page)

    page.get_by_role("button", name="Retry").click()

    expect(page.locator(ANSWER)).to_contain_text("w4")


def test_spaces_are_not_sent(page: Page, endpoint: FakeEndpoint) -> None:
    """A prompt of only spaces goes nowhere."""
    asked = len(endpoint.asked)
    say(page, "   ")
    page.wait_for_timeout(500)

    assert len(endpoint.asked) == asked
    assert "?c=" not in page.url


def test_prompt_of_a_megabyte(page: Page, endpoint: FakeEndpoint) -> None:
    """A prompt of a megabyte is sent whole; the page shows its beginning."""
    page.locator(INPUT).fill("n3 r0 " + "long " * 200_000)
    page.press(INPUT, "Enter")

    expect(page.locator(ANSWER)).to_contain_text("w2", timeout=30_000)
    expect(page.get_by_text("Characters 1 to")).to_be_visible()
    assert len(endpoint.asked[-1].prompt) > 1_000_000


@pytest.mark.parametrize("value", ["nonsense", "../../etc/passwd", "%00", "' OR 1=1 --", "x" * 5_000])
def test_bad_address(page: Page, app: App, value: str) -> None:
    """An address of no conversation says so and offers a new one."""
    page.goto(f"{app.url}?c={value}")

    expect(page.get_by_text("There is no conversation at this address")).to_be_visible()
    expect(page.locator(INPUT)).to_be_enabled()


def test_store_that_refuses(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """While the database refuses, nothing is sent, the page says why, and the prompt stays in the box."""
    say(page, "n2 r0 before the fault")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    asked = len(endpoint.asked)
    with sqlite3.connect(app.database) as database:
        database.execute("ALTER TABLE messages RENAME TO gone")
    try:
        say(page, "typed with care")
        expect(page.get_by_role("alert").first).to_be_visible()
        expect(page.locator(INPUT)).to_have_value("typed with care")
        assert len(endpoint.asked) == asked
    finally:
        with sqlite3.connect(app.database) as database:
            database.execute("ALTER TABLE gone RENAME TO messages")

    page.press(INPUT, "Enter")

    expect(page.get_by_text("typed with care")).to_be_visible()
    expect(page.locator(ANSWER).nth(1)).to_contain_text("w19")


def test_answer_that_is_stored_later(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """While the database does not take an answer the page says so; it says so no longer once it is stored."""
    say(page, "n20 r0 held stored later")
    expect(page.locator(ANSWER)).to_contain_text("w1")
    with sqlite3.connect(app.database) as database:
        database.execute("ALTER TABLE messages RENAME TO gone")
    endpoint.let_go("n20 r0 held stored later")
    try:
        expect(page.get_by_text("not stored yet")).to_be_visible()
    finally:
        with sqlite3.connect(app.database) as database:
            database.execute("ALTER TABLE gone RENAME TO messages")

    expect(page.get_by_text("not stored yet")).to_have_count(0)
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")


@pytest.fixture
def lonely(tab: Page, tmp_path: Path) -> Iterator[Page]:
    """The chat page of an app whose endpoint does not exist."""
    address = f"http://127.0.0.1:{free_port()}/v1"
    app = App(tmp_path, API_BASE_URL=address, API_KEY=KEY, API_MODEL="m").start()
    tab.goto(app.url)
    tab.wait_for_selector(INPUT)
    yield tab
    app.stop()


def test_endpoint_refused(lonely: Page) -> None:
    """An endpoint that is not running is named, with what to check."""
    say(lonely, "hello?")

    expect(lonely.locator(f"{ANSWER} [role=alert]")).to_contain_text(re.compile("127.0.0.1.*running", re.DOTALL))


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"API_PROVIDER": "opnai"}, "API_PROVIDER"),
        ({"API_BASE_URL": "example.com"}, "API_BASE_URL"),
        ({"API_BASE_URL": "http://127.0.0.1:9/v1", "API_KEY": f"{KEY}\n{KEY}"}, "API_KEY"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:////proc/nowhere/parley.db"}, "database"),
    ],
)
def test_wrong_settings(tab: Page, tmp_path: Path, environ: dict[str, str], words: str) -> None:
    """A setting that cannot work is named on the page, without its value if that may be a key."""
    app = App(tmp_path, **environ).start()
    try:
        tab.goto(app.url)
        expect(tab.get_by_role("alert")).to_contain_text(words)
        assert KEY not in tab.content() + app.log.read_text()
    finally:
        app.stop()


def test_key_is_nowhere(app: App, page: Page, frames: list[str | bytes]) -> None:
    """After all these faults the key is in no log line, no frame and no database file."""
    files = [path.read_bytes() for path in app.folder.iterdir() if path.is_file()]
    seen = [frame.encode() if isinstance(frame, str) else frame for frame in frames]

    assert len(seen) > 100
    assert not [part for part in [*files, *seen] if KEY.encode() in part]
