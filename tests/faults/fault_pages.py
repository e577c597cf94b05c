"""Pages' sockets by the hundred, cut and slow ones: what stands there is the real app."""

from __future__ import annotations

import asyncio
import socket
import time
import urllib.request
from collections import Counter
from collections.abc import Coroutine, Iterator
from pathlib import Path

import psutil
import pytest

from tests.browser.app import App
from tests.endpoint import FakeEndpoint
from tests.protocol import Client
from tests.waiting import until

SOCKETS = 1_000
SLOW = 300
HEALTHY_SECONDS = 5.0  # in which others are served meanwhile
TAKEN_MB = 400  # that they may take in all

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def app(tmp_path: Path, endpoint: FakeEndpoint) -> Iterator[App]:
    """Parley."""
    app = App(tmp_path, API_BASE_URL=endpoint.url, API_MODEL="m", MAX_GENERATIONS="64").start()
    yield app
    app.kill()


def run(work: Coroutine[object, object, None]) -> None:
    """Run what is asynchronous."""
    asyncio.run(work)


async def asked(app: App, prompts: list[str]) -> list[Client]:
    """Open a page for each prompt, and send it."""
    clients = [Client(app.url.rstrip("/")) for _ in prompts]
    for client, prompt in zip(clients, prompts, strict=True):
        await client.open()
        await client.ask(prompt)
    return clients


def healthy(app: App) -> float:
    """Return how long the app takes to say that it is well."""
    begun = time.monotonic()
    with urllib.request.urlopen(f"{app.url}healthz", timeout=30) as answer:
        assert answer.status == 200
    return time.monotonic() - begun


def memory(app: App) -> float:
    """Return the megabytes that the app has."""
    assert app._process
    return psutil.Process(app._process.pid).memory_info().rss / 1e6


def test_cut_sockets(app: App, endpoint: FakeEndpoint) -> None:
    """Sockets are cut in the middle of answers, again and again: all come back, see the end, and ask nothing twice."""

    async def work() -> None:
        clients = await asked(app, [f"n600 r20 c{number}" for number in range(12)])
        for number in range(3):
            for client in clients:
                await client.until(lambda client: client.is_connected and "w1" in client.shown)
                client.cut()
                await client.until(lambda client, number=number: len(client.outages) > number)
        for client in clients:
            await client.until(lambda client: "w599" in client.shown, 90)
            await client.close()

    run(work())
    assert set(Counter(each.prompt for each in endpoint.asked).values()) == {1}


def test_thousand_sockets(app: App) -> None:
    """A thousand pages are open, with so much memory in all, and somebody is answered beside them."""
    before = memory(app)

    async def work() -> None:
        clients = [Client(app.url.rstrip("/")) for _ in range(SOCKETS)]
        for start in range(0, SOCKETS, 50):
            batch = clients[start : start + 50]
            await asyncio.gather(*(client.open() for client in batch))
            for client in batch:
                await client.until(lambda client: client.is_connected, 120)
        assert await asyncio.to_thread(healthy, app) < HEALTHY_SECONDS
        taken = memory(app) - before
        print(f"{SOCKETS} sockets: {taken:.0f} MB")
        assert taken < TAKEN_MB
        [one] = await asked(app, ["n20 r40"])
        await one.until(lambda client: "w19" in client.shown, 60)
        await asyncio.gather(*(client.close() for client in [one, *clients]))

    run(work())
    assert healthy(app) < HEALTHY_SECONDS


def test_slow_loris(app: App) -> None:
    """Hundreds who never say what they want are sent away, and everybody else is served meanwhile."""
    sockets = [socket.create_connection(("127.0.0.1", app.port)) for _ in range(SLOW)]
    for each in sockets:
        each.sendall(b"GET / HTTP/1.1\r\nHost: 127")
    assert healthy(app) < HEALTHY_SECONDS

    def trickle() -> bool:
        for each in list(sockets):
            try:
                each.sendall(b"1")
            except OSError:
                each.close()
                sockets.remove(each)
        time.sleep(0.5)
        return not sockets

    until(trickle, 60)
