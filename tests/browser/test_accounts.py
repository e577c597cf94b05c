"""People sign in, in a real browser, with a provider on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.app import KEY, App
from tests.browser.chat import INPUT
from tests.endpoint import FakeEndpoint

SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "parley"
client_secret = "secret-of-the-client"
server_metadata_url = "http://localhost:{port}/.well-known/openid-configuration"

[accounts]
admins = ["it"]
analysts = ["finance"]
"""
GROUPS = [f"group-{number}" for number in range(2_000)]
PEOPLE = [
    User(sub="ann", claims={"name": "Ann <b>A</b>", "email": "shared@example.org", "groups": GROUPS}),
    User(sub="ben", claims={"name": "Ben", "email": "shared@example.org"}),
    User(sub="fay", claims={"name": "Fay", "groups": ["finance"]}),
    User(sub="kim", claims={"groups": ["it", "finance"]}),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint) -> Iterator[App]:
    """The app with a login."""
    with run_server_in_thread(user_claims=PEOPLE) as provider:
        secrets = SECRETS.format(port=provider.server_port)
        settings = {"API_BASE_URL": endpoint.url, "API_KEY": KEY, "API_MODEL": "fake"}
        app = App(tmp_path_factory.mktemp("app"), secrets, **settings).start()
        yield app
        app.stop()


@pytest.fixture
def as_(browser: Browser, app: App) -> Iterator[Callable[[str], Page]]:
    """Sign in as somebody, in a browser of their own."""
    contexts: list[BrowserContext] = []

    def signed_in(sub: str, path: str = "") -> Page:
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.goto(f"{app.url}{path}")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name=sub, exact=True).click()
        return page

    yield signed_in
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.timeout(180)
def test_login(as_, app, tmp_path: Path) -> None:
    page = as_("ann", "usage?days=7")
    page.wait_for_timeout(3000)
    page.screenshot(path="/tmp/t1/a.png")
    print(page.url, page.context.cookies())
    page.goto(app.url)
    page.wait_for_selector(INPUT)
