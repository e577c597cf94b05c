"""How many pages one replica streams to, at 20 tokens a second each, and three: how late the last token is.

Every page is a client that speaks the protocol (tests/protocol.py), somebody's own by the proxy's header, all in one
process beside the replicas: what it takes of the machine is lacking for them. PEOPLE=50,100 says how many, REPLICAS=3
by how many; on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.browser.app import App, free_port
from tests.postgres import running
from tests.protocol import Client

PEOPLE = [int(number) for number in os.environ.get("PEOPLE", "25,50,100").split(",")]
REPLICAS = int(os.environ.get("REPLICAS", "1"))
PROMPT = "n800 r20"  # forty seconds
SPREAD = 30.0  # seconds in which all of them ask, so that for ten all of them are answered
OPEN = 0.2  # seconds between two that open a page before
END = re.compile(r"END=([\d.]+)")

pytestmark = pytest.mark.timeout(600)


class Person(Client):
    """A page that notes how late it sees the last token."""

    late: float | None = None

    def look(self, text: str) -> None:
        """Look for it in what has just come."""
        if self.late is None and (found := END.search(text)):
            self.late = time.time() - float(found[1])


@pytest.fixture
def apps(tmp_path: Path) -> Iterator[list[App]]:
    """The replicas, on one PostgreSQL, before an endpoint in a process of its own."""
    port, apps = free_port(), list[App]()
    endpoint = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.steady", str(port)])
    with running() as server:
        told = {"API_BASE_URL": f"http://127.0.0.1:{port}/v1", "API_MODEL": "m", "MAX_GENERATIONS": "1000"}
        told["DATABASE_URL"] = server.url(server.create())
        told.update(USER_HEADER="X-User", TRUSTED_PROXIES="127.0.0.1")
        for number in range(REPLICAS):
            (tmp_path / str(number)).mkdir()
            apps.append(App(tmp_path / str(number), **told).start())
        yield apps
        for app in apps:
            app.kill()
    endpoint.kill()
    endpoint.wait()


async def opened(app: App, number: int) -> Person:
    """Return somebody who has opened a page."""
    page = Person(app.url.rstrip("/"), headers={"X-User": f"person-{number}"})
    page.on_text = page.look
    await page.open()
    await asyncio.sleep(OPEN)
    return page


async def asked(page: Person, delay: float) -> Person:
    """Have somebody ask, and stay to the end."""
    await asyncio.sleep(delay)
    await page.ask(PROMPT)
    await page.until(lambda page: page.late is not None, 120)
    return page


async def measure(apps: list[App], people: int) -> str:
    """Return what so many people see, and what it costs."""
    pages = [await opened(apps[number % len(apps)], number) for number in range(people)]
    await asyncio.gather(*(page.still() for page in pages))
    processes = [psutil.Process(app._process.pid) for app in apps if app._process]
    before, begun = [each.cpu_times() for each in processes], time.monotonic()
    own = time.process_time()
    ask = [asked(page, SPREAD * number / people) for number, page in enumerate(pages)]
    late = sorted(page.late or 0.0 for page in await asyncio.gather(*ask))
    took = time.monotonic() - begun
    spent = [
        (now.user + now.system - then.user - then.system) / took
        for then, now in zip(before, (each.cpu_times() for each in processes), strict=True)
    ]
    await asyncio.gather(*(page.close() for page in pages))
    size = ", ".join(f"{each.memory_info().rss / 1e6:.0f}" for each in processes)
    return (
        f"{people} people, {len(apps)} replicas: last token late {late[len(late) // 2] * 1000:.0f} ms median, "
        f"{late[int(len(late) * 0.95)] * 1000:.0f} ms p95, {late[-1] * 1000:.0f} ms worst; CPU of the replicas "
        f"{sum(spent):.2f} cores, of the clients {(time.process_time() - own) / took:.2f}; {size} MB"
    )


def test_sessions(apps: list[App]) -> None:
    """Print it for each number of people."""
    asyncio.run(measure(apps, 2))
    for people in PEOPLE:
        print(asyncio.run(measure(apps, people)), flush=True)
