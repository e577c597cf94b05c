"""WebraftAI through the page: the paid and the free plan, JSON lines, usage in detail, wrong keys, empty accounts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, MENU, STOP, answered, details, say
from tests.fake_webraft import MODELS, FakeWebraft

pytestmark = pytest.mark.browser

SECRETS = """
[endpoints.paid]
provider = "webraft"
base_url = "{paid}"
api_key = "{key}"
model = "gpt-4o-mini"
[endpoints.free]
provider = "webraft"
base_url = "{free}"
api_key = "{key}"
model = "gpt-3.5-turbo"
"""
COUNTS = "prompt_tokens, completion_tokens, reasoning_tokens, accepted_prediction_tokens, rejected_prediction_tokens"


@pytest.fixture(scope="module")
def served() -> Iterator[FakeWebraft]:
    """A WebraftAI for all of these tests."""
    webraft = FakeWebraft()
    yield webraft
    webraft.stop()


@pytest.fixture
def webraft(served: FakeWebraft) -> Iterator[FakeWebraft]:
    """The WebraftAI as it is by default, and is again afterwards."""
    before = {name: vars(served)[name] for name in ("key", "credits", "quota", "mild", "pause")}
    yield served
    vars(served).update(before)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, served: FakeWebraft) -> Iterator[App]:
    """The app, configured for both plans."""
    secrets = SECRETS.format(paid=served.url, free=served.free_url, key=served.key)
    app = App(tmp_path_factory.mktemp("app"), secrets).start()
    yield app
    app.stop()


def test_chat(page: Page, webraft: FakeWebraft) -> None:
    """A prompt is asked as the documentation has it, and the answer has the figures that were reported."""
    say(page, "hello")

    expect(page.locator(ANSWER)).to_contain_text("WebraftAI heard: hello")
    expect(page.locator(ANSWER)).to_contain_text(re.compile(r"gpt-4o-mini\s· [\d.]+\ss\s· .*7\s/\s3\stokens"))
    asked = webraft.asked[-1]
    assert (asked.path, asked.key, asked.body["stream"]) == ("/v2/chat/completions", webraft.key, True)


def test_streaming(page: Page, webraft: FakeWebraft) -> None:
    """JSON lines are on the page as they come."""
    webraft.pause = 0.3
    say(page, "one two three four five")
    expect(page.locator(ANSWER)).to_contain_text("heard: one")

    expect(page.locator(STOP)).to_be_visible()
    expect(page.locator(ANSWER)).not_to_contain_text("five", timeout=1)
    expect(page.locator(ANSWER)).to_contain_text("one two three four five")


def test_usage_in_detail(page: Page, app: App) -> None:
    """What the endpoint tells of its completion tokens is in the ledger, as reported."""
    say(page, "count this")
    answered(page)

    with sqlite3.connect(app.database) as database:
        row = database.execute(f"SELECT {COUNTS}, source FROM usage ORDER BY id DESC LIMIT 1").fetchone()

    assert row == (7, 4, 1, 2, 3, "reported")


def test_response_as_it_came(page: Page) -> None:
    """The details of an answer have its lines, which are not events."""
    say(page, "show me")
    answered(page)
    dialog = details(page)
    dialog.get_by_role("tab", name="Response").click()

    expect(dialog).to_contain_text("application/x-ndjson")
    expect(dialog).to_contain_text('{"model": "gpt-4o-mini", "choices"')
    expect(dialog).not_to_contain_text("data: {")


def choose_free(page: Page) -> None:
    """Choose the free plan's first model: both plans list the same."""
    page.locator(".st-key-models button").click()
    menu = page.locator(MENU)
    expect(menu.get_by_role("button", name=MODELS[0])).to_have_count(2)
    menu.locator(".st-key-pick-free-0 button").click()
    expect(menu).to_have_count(0)


def test_free_plan(page: Page, webraft: FakeWebraft) -> None:
    """The free plan is another endpoint, chosen in the menu."""
    choose_free(page)
    say(page, "for nothing")

    expect(page.locator(ANSWER)).to_contain_text("WebraftAI heard: for nothing")
    assert webraft.asked[-1].path == "/freeapi/chat/completions"


@pytest.mark.parametrize(("mild", "opening"), [(False, "401 Unauthorized: Wrong"), (True, "reported an error: Wrong")])
def test_wrong_key(page: Page, webraft: FakeWebraft, app: App, mild: bool, opening: str) -> None:
    """A wrong key, told by a status or in a 200, says to check it; once it is right, Retry goes on."""
    key, webraft.key, webraft.mild = webraft.key, "another", mild
    say(page, "let me in")
    alert = page.locator(f"{ANSWER} [role=alert]")
    expect(alert).to_contain_text(f"{opening} Api key")
    expect(alert).to_contain_text("Check the API key")
    assert key not in page.content() + app.log.read_text()

    webraft.key = key
    page.get_by_role("button", name="Retry").click()

    expect(page.locator(ANSWER)).to_contain_text("WebraftAI heard: let me in")


@pytest.mark.parametrize("mild", [False, True])
def test_no_credits(page: Page, webraft: FakeWebraft, mild: bool) -> None:
    """An empty account, told by a 402 or in a 200, says to look at it; nothing is sent twice, and Retry goes on."""
    count, webraft.credits, webraft.mild = len(webraft.asked), 0, mild
    say(page, "on credit")
    alert = page.locator(f"{ANSWER} [role=alert]")
    expect(alert).to_contain_text("Insufficient Credits")
    expect(alert).to_contain_text("credits and quota")
    assert [asked.path for asked in webraft.asked[count:]] == ["/v2/chat/completions"]

    webraft.credits = 1
    page.get_by_role("button", name="Retry").click()

    expect(page.locator(ANSWER)).to_contain_text("WebraftAI heard: on credit")


def test_no_quota(page: Page, webraft: FakeWebraft) -> None:
    """The free plan's quota is another purse: the paid plan goes on."""
    webraft.quota = 0
    choose_free(page)
    say(page, "for nothing")
    expect(page.locator(f"{ANSWER} [role=alert]")).to_contain_text("credits and quota")

    page.get_by_role("link", name="New chat").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    page.locator(".st-key-models button").click()
    page.locator(f"{MENU} .st-key-pick-paid-0 button").click()
    say(page, "for money")

    expect(page.locator(ANSWER)).to_contain_text("WebraftAI heard: for money")
