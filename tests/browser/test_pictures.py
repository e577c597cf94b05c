"""Pictures at the documented backends: sent as their documentation shows, answered, and there again after a reload."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, attach, reopen, say
from tests.fake_nextgpt import FakeNextgpt
from tests.fake_webraft import FakeWebraft

pytestmark = pytest.mark.browser

PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
FILE = {"name": "one.png", "mimeType": "image/png", "buffer": PIXEL}


@pytest.fixture(scope="module")
def nextgpt() -> Iterator[FakeNextgpt]:
    """A NEXTgpt."""
    fake = FakeNextgpt()
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def webraft() -> Iterator[FakeWebraft]:
    """A WebraftAI."""
    fake = FakeWebraft()
    yield fake
    fake.stop()


@pytest.fixture(scope="module", params=["nextgpt", "webraft"])
def app(
    request: pytest.FixtureRequest, nextgpt: FakeNextgpt, webraft: FakeWebraft, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """The app, talking to one of them."""
    fake, model = {"nextgpt": (nextgpt, "GPT3"), "webraft": (webraft, "gpt-4o-mini")}[request.param]
    own = {"API_BASE_URL": fake.url, "API_KEY": fake.key, "API_MODEL": model, "API_PROVIDER": request.param}
    app = App(tmp_path_factory.mktemp("app"), **own).start()
    yield app
    app.stop()


@pytest.fixture
def page(page: Page) -> Page:
    """The chat page, once it knows whom it talks to."""
    page.wait_for_selector(f"{INPUT}:enabled")
    return page


def test_picture_is_seen(page: Page) -> None:
    """The backend gets the picture with its detail, and the answer says so."""
    attach(page, FILE)
    say(page, "what is this?")

    expect(page.locator(ANSWER)).to_contain_text("heard: what is this? [image, auto]")


def test_follow_up_and_reload(page: Page) -> None:
    """The picture goes along with what follows, and is on the page after a reload."""
    attach(page, FILE)
    say(page, "what is this?")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    say(page, "and now?")
    expect(page.locator(ANSWER).last).to_contain_text("heard: and now?")
    reopen(page)

    expect(page.locator("[data-testid=stChatMessage] img")).to_have_count(1)
