"""Every door of the running app, tried by people who really signed in: in Chromium, by raw message, by widget, by file.

The provider is one on this machine. What Ann has, and how others try to have it, is that of tests/test_strangers.py,
where a proxy says who comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from lib.store import Scope, Store
from tests.browser.app import KEY, App
from tests.browser.conftest import SIZE
from tests.browser.test_accounts import SECRETS, provider
from tests.endpoint import FakeEndpoint
from tests.test_strangers import (
    DOORS,
    LINKS,
    SECRET,
    House,
    ann,
    fill,
    hers,
    loop,
    media,
    shown,
    test_addresses,
    test_files,
    test_foreign_widgets,
    test_messages,
    test_own_widgets,
    test_sessions,
    test_what_ann_has,
)

__all__ = [
    "ann",
    "hers",
    "loop",
    "test_addresses",
    "test_files",
    "test_foreign_widgets",
    "test_messages",
    "test_own_widgets",
    "test_sessions",
    "test_what_ann_has",
]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SECOND = f"""
[endpoints.second]
base_url = "{{url}}"
api_key = "{KEY}"
"""
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
FEW = ("c={chat}", "c={compare}", "r={compare}", "d={show}", "share={revoked}")  # for those who see figures of all


@dataclass
class SignedIn(House):
    """The app behind a login; `browsers` are those of who signed in."""

    browsers: dict[str, BrowserContext] = field(default_factory=dict)

    def proof(self, who: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the cookies of who signed in."""
        return {}, {each["name"]: each["value"] for each in self.browsers[who].cookies()} if who else {}


def signed_in(page: Page, who: str) -> None:
    """Sign in as somebody."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=who, exact=True).click()
    page.wait_for_selector(IDLE)


@pytest.fixture(scope="module")
def house(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, loop: asyncio.AbstractEventLoop, endpoint: FakeEndpoint
) -> Iterator[SignedIn]:
    """The running app with a login, four people who signed in, each in a browser of their own, and what Ann has."""
    with ExitStack() as stack:
        port = stack.enter_context(provider())
        secrets = SECRETS.format(port=port) + SECOND.format(url=endpoint.url)
        app = App(tmp_path_factory.mktemp("app"), secrets, API_BASE_URL=endpoint.url, API_KEY=KEY, API_MODEL="fake")
        stack.callback(app.start().stop)
        house = SignedIn(app, endpoint, endpoint, {}, loop)
        for who in ("ann", "ben", "fay", "kim"):
            house.browsers[who] = stack.enter_context(browser.new_context(viewport=SIZE))
            page = house.browsers[who].new_page()
            page.goto(app.url)
            signed_in(page, who)
        with closing(Store.open(f"sqlite:///{app.database}")) as store:
            house.ids = fill(store, Scope(f"http://127.0.0.1:{port} ann"))
            store.upkeep.index()
        ann = stack.enter_context(house.as_("ann"))
        house.ids["show"] = shown(ann, house.ids["chat"])
        yield house


def seen(page: Page, address: str) -> bytes:
    """Go to an address in Chromium; return the page and all that its socket brought."""
    frames: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(bytes(data))))
    page.goto(address)
    page.wait_for_selector(IDLE)
    return b"".join([page.content().encode(), *frames])


@pytest.mark.parametrize("who", ["ben", "fay", "kim"])
def test_in_chromium(house: SignedIn, who: str) -> None:
    """Whoever opens an address of hers in the browser, signed in, is shown nothing of hers; she is."""
    before = house.rows()
    queries = [(page, query) for page, query, _ in DOORS] + [("", query) for query in LINKS]
    for path, query in queries:
        if who == "ben" or query in FEW:
            page = house.browsers[who].new_page()
            address = f"{house.app.url}{path}?{query.format(**house.ids)}"
            house.check(f"{who} in Chromium by {path}?{query}", seen(page, address))
            page.close()
    hers = seen(house.browsers["ann"].new_page(), f"{house.app.url}?c={house.ids['chat']}")
    for address in media(hers):
        answer = house.browsers[who].request.get(house.app.url.rstrip("/") + address)
        house.check(f"{who} in Chromium for {address}", answer.body() if answer.ok else b"")

    assert f"{SECRET}Chat".encode() in hers
    house.unchanged(before)
    print(f"{house.tried} ways in, {len(house.open)} succeeded")
