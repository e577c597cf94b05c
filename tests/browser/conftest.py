"""One Chromium for all browser tests; for each module an endpoint and the app, talking to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import chromium
from tests.browser.app import KEY, App
from tests.browser.chat import INPUT
from tests.endpoint import FakeEndpoint

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera, for those who ask for it
    "--use-fake-ui-for-media-stream",
)


expect.set_options(timeout=15_000)  # milliseconds, as for everything else that is waited for


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[FakeEndpoint]:
    """An endpoint that does what the prompt says."""
    endpoint = FakeEndpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint) -> Iterator[App]:
    """The app, configured for the endpoint."""
    folder = tmp_path_factory.mktemp("app")
    app = App(folder, API_BASE_URL=endpoint.url, API_KEY=KEY, API_MODEL="fake").start()
    yield app
    app.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile."""
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, app: App) -> Page:
    """The chat page, ready for a prompt."""
    page = context.new_page()
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    return page
