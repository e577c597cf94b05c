"""People sign in, in a real browser, with a provider on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.app import KEY, App, free_port
from tests.browser.chat import ANSWER, INPUT, answered, say
from tests.endpoint import FakeEndpoint

SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "parley"
client_secret = "secret-of-the-client"
server_metadata_url = "http://127.0.0.1:{port}/.well-known/openid-configuration"

[accounts]
admins = ["it"]
analysts = ["finance"]
"""
GROUPS = [f"group-{number}" for number in range(2_000)]  # more than fits into a browser's cookies
PEOPLE = [
    {"sub": "ann", "name": "Ann <b>A</b>", "email": "shared@example.org", "groups": GROUPS},
    {"sub": "ben", "name": "Ben", "email": "shared@example.org"},
    {"sub": "fay", "name": "Fay", "groups": ["finance"]},
    {"sub": "kim", "groups": ["it", "finance"]},
]


@contextmanager
def provider() -> Iterator[int]:
    """Run a provider of OpenID Connect, in a process of its own; give its port."""
    port = free_port()
    people = [part for each in PEOPLE for part in ("--user-claims", json.dumps(each))]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), *people],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/.well-known/openid-configuration", timeout=5).close()
                break
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint) -> Iterator[App]:
    """The app with a login."""
    with provider() as port:
        settings = {"API_BASE_URL": endpoint.url, "API_KEY": KEY, "API_MODEL": "fake"}
        app = App(tmp_path_factory.mktemp("app"), SECRETS.format(port=port), **settings).start()
        yield app
        app.stop()


@pytest.fixture
def as_(browser: Browser, app: App) -> Iterator[Callable[..., Page]]:
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
def test_people(as_: Callable[..., Page], app: App) -> None:
    """Two people, an analyst and an admin: each has what is theirs, and a sign-out closes what is open elsewhere."""
    ann = as_("ann")
    ann.wait_for_selector(INPUT)
    cookies = {each["name"]: each for each in ann.context.cookies()}
    assert cookies["_streamlit_user"]["httpOnly"]
    assert not [name for name in cookies if name.startswith("_streamlit_user_")]
    say(ann, "What is ours?")
    answered(ann)
    address = ann.url
    ben = as_("ben", address.removeprefix(app.url))
    ben.wait_for_selector(INPUT)
    expect(ben.get_by_text("There is no conversation at this address")).to_be_visible()
    expect(ben.locator(ANSWER)).to_have_count(0)
    fay = as_("fay", "usage")
    expect(fay.get_by_role("heading", name="Usage")).to_be_visible()
    kim = as_("kim", "admin")
    expect(kim.get_by_text("Ann <b>A</b>", exact=False).first).to_be_visible()
    second, refused = ann.context.new_page(), list[str]()
    second.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    second.goto(app.url)
    second.wait_for_selector(INPUT)
    second.wait_for_load_state("networkidle")
    assert refused == []  # fonts, for one, are everybody's
    ann.get_by_role("button", name="Sign out").click()
    expect(second.get_by_role("button", name="Sign in")).to_be_visible()
