"""Two Chromiums for all browser tests; for each module an endpoint and the app, talking to it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, ViewportSize, expect, sync_playwright

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
    "--disable-site-isolation-trials",  # with the next: a page is shown by the process that has its scripts compiled
    "--renderer-process-limit=1",
    "--use-fake-device-for-media-stream",  # a camera, for those who ask for it
    "--use-fake-ui-for-media-stream",
)

SIZE: ViewportSize = {"width": 1100, "height": 800}

LOGGED = 4_000  # characters of an app's log that are told

expect.set_options(timeout=15_000)  # milliseconds, as for everything else that is waited for


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a test that failed what its app said last: on another machine there is no other way to know."""
    report = yield
    app = getattr(item, "funcargs", {}).get("app")
    if report.failed and isinstance(app, App) and app.log.exists():
        report.sections.append(("the app's log", app.log.read_text(encoding="utf-8", errors="replace")[-LOGGED:]))
    return report


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives them."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, for tests that need profiles of their own."""
    browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def profile(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Chromium with a profile on the disk: there it keeps scripts compiled, and a page takes half the time."""
    folder, launch = tmp_path_factory.mktemp("profile"), playwright.chromium.launch_persistent_context
    profile = launch(folder, executable_path=chromium.find(), args=FLAGS, viewport=SIZE)
    profile.set_default_timeout(15_000)
    yield profile
    profile.close()


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
def context(profile: BrowserContext) -> Iterator[BrowserContext]:
    """The profile as it is when it is new, but for the scripts that it has compiled."""
    yield profile
    profile.set_offline(False)
    for page in profile.pages:
        with suppress(Error):
            page.evaluate("localStorage.clear(), sessionStorage.clear()")
    tab, *others = profile.pages
    for page in others:
        page.close()
    tab.set_viewport_size(SIZE)
    tab.goto("about:blank")
    profile.clear_cookies()
    profile.clear_permissions()


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    """The tab of all tests, empty: a new one takes half as long again. Who listens to a page opens one of their own."""
    return context.pages[0]


@pytest.fixture
def page(tab: Page, app: App) -> Page:
    """The chat page, ready for a prompt."""
    tab.goto(app.url)
    tab.wait_for_selector(INPUT)
    return tab
