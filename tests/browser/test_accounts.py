"""People sign in, in a real browser, with a provider on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest
from playwright.sync_api import Browser, Page, expect

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import Scope, Store
from tests.browser.app import KEY, App, free_port
from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, INPUT, answered, say
from tests.browser.conftest import SIZE
from tests.browser.stops import Stop, follow
from tests.endpoint import FakeEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

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

[[accounts.limits]]
calls_a_minute = 100
answers_at_once = 20
[[accounts.access]]
endpoint = "default"
models = ["gpt-4o*"]
only = ["finance", "it"]
[[budgets]]
amount = 20.0
[[budgets]]
tokens = 1000000
period = "week"
group = "finance"
each = true
"""
GROUPS = [f"group-{number}" for number in range(2_000)]  # more than fits into a browser's cookies
PEOPLE = [
    {"sub": "ann", "name": "Ann <b>A</b>", "email": "shared@example.org", "groups": GROUPS},
    {"sub": "ben", "name": "Ben", "email": "shared@example.org"},
    {"sub": "fay", "name": "Fay", "groups": ["finance"]},
    {"sub": "kim", "groups": ["it", "finance"]},
]
WIDTHS = (1280, 390)
ENTER = (Stop(".st-key-sign-in-default button", ("Enter",), "button >> text=kim"),)
BACK, OPEN, TAB = ".st-key-admin-back button", "[class*=st-key-open-] button", "[role=tab][aria-selected=true]"
OFF, ON = "[class*=st-key-admin-Switch-off-] button", "[class*=st-key-admin-Switch-on-] button"
HAND_OVER, DELETE = "[class*=st-key-admin-Hand-over-] button", "[class*=st-key-admin-Delete-person-] button"
ADMIN = (
    Stop("[data-testid=stSidebar] a[href$='/admin']", ("Enter",), OPEN),
    Stop(".st-key-admin-find input", ("=walker", "Enter"), "text=1 person"),
    Stop(OPEN, ("Enter",), BACK),
    Stop(OFF, ("Enter",), ON),
    Stop(ON, ("Enter",), OFF),
    Stop("[class*=st-key-admin-Sign-out-everywhere-] button", ("Enter",), BACK),
    Stop(".st-key-admin-export button", ("Enter",), BACK),
    Stop(".st-key-admin-to input", ("=Heir", "Enter"), f"{HAND_OVER}:not(:disabled)"),
    Stop(HAND_OVER, ("Enter",), "!.st-key-admin-to"),
    Stop(".st-key-admin-sure input", (" ",), f"{DELETE}:not(:disabled)"),
    Stop(DELETE, ("Enter",), OPEN),
    Stop(OPEN, ("Enter",), BACK),
    Stop(BACK, ("Enter",), OPEN),
    Stop(TAB, ("ArrowRight",), "text=These are set in"),
    Stop(TAB, ("ArrowRight",), "text=on one database"),
    Stop(TAB, ("ArrowRight",), "text=taken out of the log"),
    Stop(".st-key-log-csv button", ("Enter",), ".st-key-log-csv button"),
    Stop(".st-key-sign-out button", ("Enter",), "button >> text=End session"),
)


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
def at(browser: Browser, app: App) -> Iterator[Callable[[str], Page]]:
    """Come to a path, in a browser of its own."""
    with ExitStack() as contexts:

        def opened(path: str) -> Page:
            page = contexts.enter_context(browser.new_context(viewport=SIZE)).new_page()
            page.goto(f"{app.url}{path}")
            return page

        yield opened


@pytest.fixture
def as_(at: Callable[[str], Page]) -> Callable[..., Page]:
    """Sign in as somebody, in a browser of their own."""

    def signed_in(sub: str, path: str = "") -> Page:
        page = at(path)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name=sub, exact=True).click()
        return page

    return signed_in


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


@pytest.fixture
def people(app: App) -> None:
    """Somebody with a conversation, and who may have it; what they did is logged."""
    with closing(Store.open(f"sqlite:///{app.database}")) as store:
        for name in ("Heir", "Walker"):
            owner = f"https://id.example.org {name.casefold()}"
            store.people.note(owner, name=name, email=f"{name}@example.org", role="user", groups=["finance"])
            store.people.record(owner, "signed in", detail="user")
        store.chats(Scope(owner)).begin(
            Message("user", "What is ours?"), ModelChoice("default", "fake"), provider="openai"
        )


def look(walk: Walk, state: str) -> None:
    """Look at the page at a desk and on a phone."""
    for width in WIDTHS:
        walk.page.set_viewport_size({"width": width, "height": 800})
        walk.look(f"{state}, {width}")
    walk.page.set_viewport_size(SIZE)


def test_axe_before_the_door(at: Callable[[str], Page]) -> None:
    """Axe finds nothing against the page where one signs in, also after a login that failed."""
    page = at("")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    walk = Walk(page)
    look(walk, "sign in")
    page.goto(f"{page.url}?sign-in=failed")
    expect(page.get_by_role("alert")).to_be_visible()
    look(walk, "sign in that failed")

    assert walk.found == ""


def test_axe_admin(as_: Callable[..., Page], people: None) -> None:
    """Axe finds nothing against what admins see: people, one of them, rules, replicas, the log."""
    page = as_("kim", "admin")
    walk = Walk(page)
    expect(page.get_by_text("Walker@")).to_be_visible()
    look(walk, "people")
    page.get_by_label("Find").fill("walker")
    page.get_by_label("Find").press("Enter")
    expect(page.get_by_text("1 person")).to_be_visible()
    page.get_by_role("button", name="Open").click()
    expect(page.locator(".st-key-admin-to")).to_be_visible()
    look(walk, "a person")
    for tab, words in (("Rules", "These are set in"), ("Replicas", "on one database"), ("Log", "taken out of the log")):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(words)).to_be_visible()
        look(walk, tab)

    assert walk.found == ""


def test_keyboard(at: Callable[[str], Page], people: None) -> None:
    """An admin signs in, does all that admins do, and signs out, with keys alone."""
    page = at("")
    follow(page, ENTER)
    page.get_by_role("button", name="kim", exact=True).press("Enter")
    follow(page, ADMIN)
