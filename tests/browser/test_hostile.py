"""Hostile model text in a real browser, with no Content-Security-Policy to help."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, Request, WebSocket

from tests import children
from tests.browser import payloads

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

APP = Path(__file__).with_name("sink_app.py")
WAYS = ["whole", "own", "prose", "stream1", "stream3", "label", "toast", "code"]


class Sink(ThreadingHTTPServer):
    """A server that takes note of who asks for what."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.heard: list[str] = []

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_port}"


class Listener(BaseHTTPRequestHandler):
    """Notes the path, answers nothing."""

    server: Sink

    def do_GET(self) -> None:
        """Note the path."""
        self.server.heard.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_HEAD = do_OPTIONS = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """The address that must hear nothing."""
    with Sink() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def app(sink: Sink) -> Iterator[str]:
    """The URL of the page of hostile text."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"server.port": port, "server.address": "127.0.0.1", "server.headless": "true"}
    options |= {"server.fileWatcherType": "none", "browser.gatherUsageStats": "false"}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *arguments]
    with subprocess.Popen(
        command, env={**children.drawing(), "SINK": sink.address}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        wait(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def wait(url: str) -> None:
    """Wait until the URL answers."""
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@dataclass
class Visit:
    """What happened on a page: what the sink heard, requests that left for elsewhere, and those to the app."""

    page: Page
    heard: list[str]
    strange: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)


Visitor = Callable[[str], Visit]


@pytest.fixture(scope="module")
def visit(browser: Browser, app: str, sink: Sink) -> Iterator[Visitor]:
    """Open the page with a query, let it draw everything and settle."""
    context = browser.new_context(viewport={"width": 1000, "height": 1200})

    def visit(query: str) -> Visit:
        sink.heard = []
        seen = Visit(context.new_page(), sink.heard)
        watch(seen, app)
        seen.page.goto(f"{app}/?{query}")
        seen.page.get_by_text("All drawn", exact=True).wait_for(timeout=60_000)
        seen.page.wait_for_load_state("networkidle")
        seen.page.wait_for_timeout(500)
        return seen

    yield visit
    context.close()


def watch(seen: Visit, app: str) -> None:
    """Take note of every request the page makes."""
    own = (f"{app}/", f"{app.replace('http', 'ws')}/", "data:", "blob:")

    def note(request: Request | WebSocket) -> None:
        (seen.loaded if request.url.startswith(own) else seen.strange).append(request.url)

    seen.page.on("request", note)
    seen.page.on("websocket", note)


@pytest.fixture(scope="module", params=WAYS)
def seen(request: pytest.FixtureRequest, visit: Visitor) -> Iterator[Visit]:
    """The page, drawn in one of the ways."""
    seen = visit(f"way={request.param}")
    yield seen
    seen.page.close()


def test_silence(seen: Visit) -> None:
    """No payload makes the page ask another host, whichever way it is drawn."""
    assert (seen.heard, seen.strange) == ([], [])


def test_charts(seen: Visit) -> None:
    """No payload makes the page load what draws charts."""
    assert not [url for url in seen.loaded if "mermaid" in url.lower()]


def test_elements(seen: Visit) -> None:
    """No payload becomes an element that could load anything."""
    texts = seen.page.locator("[data-testid=stMarkdownContainer]")
    assert texts.locator("img, image, iframe, video, audio, object, embed, style, link, script").count() == 0


def addresses(page: Page) -> list[str]:
    """Return where the links of a page lead to, as it is written there."""
    links = page.locator("a[href]").all()
    return [str(link.get_attribute("href")) for link in links]


def test_links(seen: Visit) -> None:
    """No payload becomes a link that leads elsewhere than to the web, a mailbox, a telephone or this very page."""
    assert [link for link in addresses(seen.page) if not re.match(r"(?i:https?|mailto|tel):|#", link)] == []


@pytest.mark.parametrize("template", ["[x](data&colon;x)", "[r]\n\n- [r]: data&colon;x", "<view-source:URL>"])
def test_links_control(visit: Visitor, template: str) -> None:
    """The same text is such a link when it is not made safe: the test above can fail."""
    links = addresses(visit(f"way=bare&only={payloads.ALL.index(template)}").page)
    assert [link for link in links if link.startswith(("data:", "view-source:"))]


@pytest.mark.parametrize("way", ["whole", "stream1"])
def test_links_stay(visit: Visitor, way: str) -> None:
    """Links to the web are links, whichever way they are drawn."""
    number = payloads.ALL.index("[x](URL)")
    assert any(link.endswith(f"/{way}/{number}") for link in addresses(visit(f"way={way}&only={number}").page))


@pytest.mark.parametrize("template", ["![x](URL)", "![r]\n\n[r]: URL", payloads.CHARTS[0], payloads.CHARTS[10]])
def test_control(visit: Visitor, template: str) -> None:
    """The same text reaches the sink when it is not made safe: the tests above can fail."""
    number = payloads.ALL.index(template)
    assert f"/bare/{number}" in visit(f"way=bare&only={number}").heard
