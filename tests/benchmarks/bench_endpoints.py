"""How soon the chat page is ready, with one endpoint and with three of which two are out of order. Prints figures."""

from __future__ import annotations

import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.app import App, free_port
from tests.browser.chat import INPUT
from tests.endpoint import FakeEndpoint

pytestmark = pytest.mark.timeout(600)

ROUNDS = 10
ONE = '[endpoints.good]\nbase_url = "{good}"\nmodel = "fake"\n'
THREE = f'{ONE}[endpoints.dead]\nbase_url = "{{dead}}"\n[endpoints.hanging]\nbase_url = "{{hanging}}"\n'


@contextmanager
def configured(folder: Path, secrets: str, endpoint: FakeEndpoint) -> Iterator[App]:
    """Run the app with these endpoints; one never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as silent:
        dead, hanging = (f"http://127.0.0.1:{port}/v1" for port in (free_port(), silent.getsockname()[1]))
        folder.mkdir()
        app = App(folder, secrets.format(good=endpoint.url, dead=dead, hanging=hanging))
        try:
            yield app.start()
        finally:
            app.stop()


def ready(browser: Browser, app: App, path: str) -> float:
    """Open a page in a fresh profile; return the milliseconds until it can be used."""
    context = browser.new_context()
    page, begun = context.new_page(), time.perf_counter()
    page.goto(app.url + path)
    page.wait_for_selector("h1" if path else f"{INPUT}:not(:disabled)")
    took = (time.perf_counter() - begun) * 1000
    context.close()
    return took


@pytest.mark.parametrize("path", ["", "endpoints"])
def test_ready(browser: Browser, endpoint: FakeEndpoint, tmp_path: Path, path: str) -> None:
    """Time until the page is ready, the two configurations in turn."""
    with (
        configured(tmp_path / "one", ONE, endpoint) as one,
        configured(tmp_path / "three", THREE, endpoint) as three,
    ):
        first = [ready(browser, app, path) for app in (one, three)]
        times = list(zip(*([ready(browser, app, path) for app in (one, three)] for _ in range(ROUNDS)), strict=True))

    medians, fastest = [statistics.median(each) for each in times], [min(each) for each in times]
    print(f"\n/{path} ready, with one endpoint and with three, two of them out of order, in ms:")
    for words, (with_one, with_three) in (("first", first), ("median", medians), ("fastest", fastest)):
        print(f"  {words:8}{with_one:6.0f}{with_three:6.0f}")
