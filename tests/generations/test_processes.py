"""Two processes on one database, each answering: what becomes of either leaves the other's answers alone."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.config import ROOT
from tests import children
from tests.endpoint import FakeEndpoint
from tests.postgres import running
from tests.store.helpers import execute
from tests.waiting import until

pytestmark = pytest.mark.timeout(240)

KILLS = 15  # on each of two databases: 30 in all
MARKED_SECONDS = 20  # a machine may be busy; a silent process counts as gone after 1.5 s here, after 20 in earnest


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'parley.db'}"
        return
    with running() as server:
        yield server.url(server.create())


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    """An endpoint that remembers what it was asked."""
    endpoint = FakeEndpoint()
    yield endpoint
    endpoint.stop()


class Process:
    """One of the two, and what it said that it had begun: a name and a message, in order."""

    def __init__(self, database: str, url: str, name: str) -> None:
        command = [sys.executable, "-m", "tests.generations.answering", database, url, name]
        environ = children.unmeasured()
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
        self.said: list[tuple[str, int]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if line.endswith("\n"):
                name, message_id = line.split()
                self.said.append((name, int(message_id)))

    @property
    def writing(self) -> str:
        """What the names of its rows in the database contain."""
        return f"%/{self._process.pid}/%"

    def kill(self) -> list[tuple[str, int]]:
        """Kill it as a power cut would; return what it had said."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()
        return self.said


def states(database: str) -> dict[int, str]:
    """Return the states of all answers."""
    return {row.id: row.state for row in execute(database, "SELECT id, state FROM messages WHERE role = 'assistant'")}


def unfinished(database: str, writer: str) -> set[int]:
    """Return the answers that a process has begun and not finished."""
    return {row.id for row in execute(database, "SELECT id FROM messages WHERE instance LIKE :writer", writer=writer)}


def test_killed_and_started_again(database: str, endpoint: FakeEndpoint) -> None:
    """Whichever is killed and started again, whenever: its own answer ends as interrupted, the other's go on."""
    chance = random.Random(11)
    pair = [Process(database, endpoint.url, f"first{number}") for number in range(2)]
    until(lambda: all(process.said for process in pair), 60)
    began: list[tuple[str, int]] = []
    cut: set[int] = set()
    for number in range(KILLS):
        time.sleep(chance.uniform(0, 0.6))
        place = chance.randrange(2)
        began += pair[place].kill()
        left = unfinished(database, pair[place].writing)
        cut |= left
        pair[place] = Process(database, endpoint.url, f"next{number}")
        until(lambda left=left: all(states(database)[id] == "interrupted" for id in left), MARKED_SECONDS)
        until(lambda place=place: bool(pair[place].said), 60)
    for process in pair:
        began += process.kill()
        cut |= unfinished(database, process.writing)
    found = states(database)

    assert {id for id, state in found.items() if state == "interrupted"} <= cut
    assert {found[id] for _, id in began if id not in cut} == {"completed"}
    assert_sent_once(endpoint)


def assert_sent_once(endpoint: FakeEndpoint) -> None:
    """Each prompt has reached the endpoint at most once."""
    prompts = Counter(asked.body["messages"][-1]["content"] for asked in endpoint.asked)

    assert prompts
    assert max(prompts.values()) == 1


def test_other_is_left_alone(database: str, endpoint: FakeEndpoint) -> None:
    """A process that starts beside another does not touch what that one is writing."""
    first = Process(database, endpoint.url, "first")
    until(lambda: first.said, 60)
    later: list[Any] = [Process(database, endpoint.url, f"later{number}") for number in range(2)]
    until(lambda: all(process.said for process in later) and len(first.said) > 2, 60)
    found = states(database)

    assert "interrupted" not in found.values()
    for process in (first, *later):
        process.kill()
