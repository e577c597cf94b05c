"""NEXTgpt through the page: use cases, both framings of its streams, debug messages, sessions, a wrong key."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, STOP, answered, choose, close, details, parameters, reopen, say
from tests.fake_nextgpt import CHAT, FakeNextgpt
from tests.served import Asked

pytestmark = pytest.mark.browser

SECRETS = """
[endpoints.next]
provider = "nextgpt"
base_url = "{url}"
api_key = "{key}"
models = ["GPT3", "DOCS"]
"""
FORM = "[data-testid=stForm]"
NOTES = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"What is to be read."}


@pytest.fixture(scope="module")
def served() -> Iterator[FakeNextgpt]:
    """A NEXTgpt for all of these tests."""
    nextgpt = FakeNextgpt()
    yield nextgpt
    nextgpt.stop()


@pytest.fixture
def nextgpt(served: FakeNextgpt) -> Iterator[FakeNextgpt]:
    """The NEXTgpt as it is by default, and is again afterwards."""
    key, usecases = served.key, dict(served.usecases)
    yield served
    served.key, served.usecases, served.framing, served.pause = key, usecases, "sse", 0.0


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, served: FakeNextgpt) -> Iterator[App]:
    """The app, configured for NEXTgpt and two of its use cases."""
    app = App(tmp_path_factory.mktemp("app"), SECRETS.format(url=served.url, key=served.key)).start()
    yield app
    app.stop()


def prompts(nextgpt: FakeNextgpt) -> list[Asked]:
    """Return what was asked for a completion."""
    return [asked for asked in nextgpt.asked if asked.path == CHAT]


def test_chat(page: Page, nextgpt: FakeNextgpt) -> None:
    """A prompt is asked as the documentation has it, and the answer has its figures."""
    say(page, "hello")

    expect(page.locator(ANSWER)).to_contain_text("NEXTgpt heard: hello")
    expect(page.locator(ANSWER)).to_contain_text(re.compile(r"GPT3\s· [\d.]+\ss\s· 7\s/\s3\stokens"))
    asked = prompts(nextgpt)[-1]
    assert asked.query == {"debug": "False"}
    assert asked.body == {"model": "GPT3", "messages": [{"role": "user", "content": "hello"}], "stream": "True"}


@pytest.mark.parametrize("framing", ["sse", "text"])
def test_streaming(page: Page, nextgpt: FakeNextgpt, framing: str) -> None:
    """The first words are on the page while the others are still to come, events or plain text."""
    nextgpt.framing, nextgpt.pause = framing, 0.3
    say(page, "one two three four five")
    expect(page.locator(ANSWER)).to_contain_text("heard: one")

    expect(page.locator(STOP)).to_be_visible()
    expect(page.locator(ANSWER)).not_to_contain_text("five", timeout=1)
    expect(page.locator(ANSWER)).to_contain_text("one two three four five")


def test_plain_text_has_estimates(page: Page, nextgpt: FakeNextgpt) -> None:
    """A stream of plain text reports no usage: its figures are marked, and it is complete."""
    nextgpt.framing = "text"
    say(page, "hello")

    expect(page.locator(ANSWER)).to_contain_text(re.compile(r"GPT3\s· [\d.]+\ss\s· ~"))
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)


def test_debug(page: Page, nextgpt: FakeNextgpt) -> None:
    """With debug switched on, it is asked for, and its messages are among the details of the answer."""
    parameters(page).get_by_text("Debug messages").click()
    page.wait_for_timeout(500)
    close(page)
    say(page, "why?")
    answered(page)
    dialog = details(page)
    dialog.get_by_role("tab", name="Response").click()

    expect(dialog.get_by_text("Debug messages")).to_be_visible()
    expect(dialog.locator("[data-testid=stCode]").filter(has_not_text="data:").last).to_contain_text("usecase")
    assert prompts(nextgpt)[-1].query == {"debug": "True"}


def opened(page: Page, language: str = "") -> None:
    """Fill in the form of a session, with another language than German if one is given, and open it."""
    form = page.locator(FORM)
    expect(form).to_contain_text("wants to know this")
    form.locator("input[type=file]").set_input_files(files=[NOTES])  # type: ignore[list-item]
    expect(form.get_by_text("notes.txt")).to_be_visible()
    page.wait_for_timeout(700)  # a list would close again when the page takes note of the file
    if language:
        form.get_by_role("combobox").click()
        page.get_by_role("option", name=language).click()
    form.get_by_role("button", name="Open the session").click()
    expect(form).to_have_count(0)
    expect(page.locator(INPUT)).to_be_enabled()


def test_session_is_wanted_first(page: Page) -> None:
    """A use case that wants a session shows its form, with the fields that are needed; prompts wait for it."""
    choose(page, "DOCS")

    form = page.locator(FORM)
    expect(form.get_by_text("Document", exact=True)).to_be_visible()
    expect(form.get_by_text("Language", exact=True)).to_be_visible()
    expect(form.get_by_text("Summarize first (optional)")).to_be_visible()
    expect(page.locator(INPUT)).to_be_disabled()


def test_incomplete_form(page: Page, nextgpt: FakeNextgpt) -> None:
    """A form without its file says what is missing, and opens nothing."""
    count = nextgpt.opened
    choose(page, "DOCS")
    page.locator(FORM).get_by_role("button", name="Open the session").click()

    expect(page.get_by_text("The form is not complete: Document.")).to_be_visible()
    assert nextgpt.opened == count


def test_session(page: Page, nextgpt: FakeNextgpt) -> None:
    """The file and the choice reach the endpoint, and every prompt goes with the session's id, after a reload too."""
    choose(page, "DOCS")
    opened(page, "English")
    say(page, "what is it about?")
    expect(page.locator(ANSWER)).to_contain_text("NEXTgpt heard after reading notes.txt in English: what is it about?")
    answered(page)
    reopen(page)
    say(page, "and then?")
    expect(page.locator(ANSWER).last).to_contain_text("in English: and then?")

    session_id, form = list(nextgpt.sessions.items())[-1]
    assert form["document"] == [("notes.txt", b"What is to be read.")]
    assert form["language"] == ["English"]
    assert [asked.body["session_id"] for asked in prompts(nextgpt)[-2:]] == [session_id] * 2


def test_session_that_has_expired(page: Page, nextgpt: FakeNextgpt) -> None:
    """When the session is refused the page says so, a new one can be opened, and Retry asks again in it."""
    choose(page, "DOCS")
    opened(page, "English")
    nextgpt.sessions.clear()
    say(page, "still there?")
    expect(page.locator(f"{ANSWER} [role=alert]")).to_contain_text("Session not found or expired")

    page.locator(".st-key-new-session button:visible").click()
    opened(page)
    page.get_by_role("button", name="Retry").click()

    expect(page.locator(ANSWER).last).to_contain_text("after reading notes.txt in German: still there?")
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)


def test_wrong_key(page: Page, nextgpt: FakeNextgpt, app: App) -> None:
    """A key that is refused is not shown, though the endpoint repeats it; once it is right, Retry goes on."""
    key, nextgpt.key = nextgpt.key, "another"
    say(page, "let me in")
    alert = page.locator(f"{ANSWER} [role=alert]")
    expect(alert).to_contain_text("401 Unauthorized: Invalid API key [redacted]")
    expect(alert).to_contain_text("Check the API key")
    assert key not in page.content() + app.log.read_text()

    nextgpt.key = key
    page.get_by_role("button", name="Retry").click()

    expect(page.locator(ANSWER)).to_contain_text("NEXTgpt heard: let me in")


def test_unknown_use_case(page: Page, nextgpt: FakeNextgpt) -> None:
    """A use case that is not there is an error that names it."""
    del nextgpt.usecases["GPT3"]
    say(page, "anybody?")

    expect(page.locator(f"{ANSWER} [role=alert]")).to_contain_text("Usecase GPT3 does not exist")
