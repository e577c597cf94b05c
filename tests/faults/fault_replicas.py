"""Three replicas behind nginx on one PostgreSQL, sixty answers streaming, and everything that can go goes.

One replica is killed, one is drained, PostgreSQL is killed and started again, nginx reads its configuration anew.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.app import App
from tests.deploy.test_nginx import NGINX, Proxy, blind
from tests.endpoint import FakeEndpoint
from tests.postgres import Server, running
from tests.protocol import Client
from tests.store.helpers import execute

PEOPLE = 60
BACK_SECONDS = 10.0  # as promised
ENDED_SECONDS = 120
ANSWERS = "SELECT id, state, text, instance FROM messages WHERE role = 'assistant' ORDER BY id"
PROMPTS = "SELECT text FROM messages WHERE role = 'user'"

pytestmark = [pytest.mark.skipif(NGINX is None, reason="nginx is not on this machine"), pytest.mark.timeout(420)]


class Farm:
    """The replicas, their database, their endpoint and the proxy before them."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.endpoint = FakeEndpoint()
        self.server = server
        self.url = server.url(server.create())
        told = {"API_BASE_URL": self.endpoint.url, "API_MODEL": "m", "DATABASE_URL": self.url}
        told |= {"MAX_GENERATIONS": "64", "DRAIN_SECONDS": "40"}
        self.apps = []
        for number in range(3):
            (folder / str(number)).mkdir()
            self.apps.append(App(folder / str(number), **told).start())
        self.proxy = Proxy(folder, [app.port for app in self.apps])
        self.proxy.start()

    def close(self) -> None:
        """End all of it."""
        self.proxy.stop()
        for app in self.apps:
            app.kill()
        self.endpoint.stop()

    def reload(self) -> None:
        """Have nginx read its configuration anew."""
        assert self.proxy._process
        self.proxy._process.send_signal(signal.SIGHUP)


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    """All of it."""
    with running() as server:
        farm = Farm(tmp_path, server)
        yield farm
        farm.close()


async def come(farm: Farm) -> list[Client]:
    """Have sixty people open their pages, and ask."""
    clients = []
    for _ in range(PEOPLE):
        _, _, cookie = await asyncio.to_thread(farm.proxy.get)
        clients.append(Client(f"https://127.0.0.1:{farm.proxy.port}", cookie=cookie, tls=blind()))
        await clients[-1].open()
    for number, client in enumerate(clients):
        await client.ask(f"n500 r20 p{number}")
    return clients


async def happening(farm: Farm) -> list[Client]:
    """Let all of it happen; return the people."""
    clients = await come(farm)
    for client in clients:
        await client.until(lambda client: "w5" in client.shown, 60)
    await clients[0].until(lambda _: len(farm.endpoint.asked) == PEOPLE, 60)
    farm.apps[0].kill()
    await asyncio.sleep(3)
    farm.apps[1].tell(signal.SIGTERM)
    await asyncio.sleep(2)
    await asyncio.to_thread(farm.server.stop)
    await asyncio.sleep(1)
    farm.server.start()
    await asyncio.sleep(2)
    farm.reload()
    begun = time.monotonic()
    while not ended(farm.url):
        assert time.monotonic() - begun < ENDED_SECONDS, Counter(row.state for row in execute(farm.url, ANSWERS))
        await asyncio.sleep(0.5)
    for client in clients:
        await client.until(lambda client: client.is_connected)
    return clients


def ended(url: str) -> bool:
    """Whether no answer is being written any more."""
    return all(row.state != "streaming" for row in execute(url, ANSWERS))


def test_everything_goes(farm: Farm) -> None:
    """No acknowledged prompt is lost, none is sent twice, every answer is whole or interrupted with its text."""

    async def work() -> list[Client]:
        clients = await happening(farm)
        await asyncio.gather(*(client.close() for client in clients))
        return clients

    clients = asyncio.run(work())
    answers = execute(farm.url, ANSWERS)
    sent = Counter(asked.prompt for asked in farm.endpoint.asked)
    outages = sorted(outage for client in clients for outage in client.outages)
    states = Counter(row.state for row in answers)
    print(f"prompts {len(execute(farm.url, PROMPTS))}, sent {sum(sent.values())}, answers {dict(states)}")
    print(f"{len(outages)} outages, the longest {max(outages, default=0):.1f} s: {outages[-5:]}")

    assert {row.text for row in execute(farm.url, PROMPTS)} == {f"n500 r20 p{number}" for number in range(PEOPLE)}
    assert set(sent.values()) == {1}
    assert set(states) <= {"completed", "interrupted"}
    assert [row for row in answers if not row.text.startswith("w0 w1")] == []
    assert all(row.text.split()[-1] == "w499" for row in answers if row.state == "completed")
    assert max(outages) < BACK_SECONDS
