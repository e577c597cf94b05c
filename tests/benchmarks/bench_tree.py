"""How long the branch of a long conversation takes to read, and what processes cost each other at the ledger."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib.config import ROOT
from lib.store import LOCAL, Store
from tests.postgres import running
from tests.store.helpers import DONE, begin, execute

pytestmark = pytest.mark.timeout(600)

MESSAGES = 5_000
ROUNDS = 50
PROCESSES, CALLS_PER_SECOND, SECONDS = 3, 50, 20


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'parley.db'}"
        return
    with running() as server:
        yield server.url(server.create())


def long_conversation(store: Store, url: str) -> str:
    """Make a conversation of many messages behind the store's back; return its id."""
    turn = begin(store, "first")
    store.chats(LOCAL).finish(turn, DONE)
    execute(
        url,
        "INSERT INTO messages (conversation_id, parent_id, role, text, reasoning, state, created_at, updated_at)"
        " WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :more)"
        " SELECT m.conversation_id, m.id + n - 1, CASE n % 2 WHEN 1 THEN 'user' ELSE 'assistant' END, m.text, '',"
        " 'completed', m.created_at, m.updated_at FROM numbers, messages m WHERE m.id = :last ORDER BY n",
        more=MESSAGES - 2,
        last=turn.message_id,
    )
    execute(url, "UPDATE conversations SET leaf_id = (SELECT max(id) FROM messages)")
    return turn.conversation_id


def kind(url: str) -> str:
    """Return which database it is."""
    return url.split(":", maxsplit=1)[0]


def took(ask: Callable[[], object]) -> float:
    """Return the median time of a question, in milliseconds."""
    ask()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def test_path(url: str) -> None:
    """Print how long the whole branch and its last 20 messages take."""
    with closing(Store.open(url)) as store:
        chats, id = store.chats(LOCAL), long_conversation(store, url)
        assert len(chats.path(id)) == MESSAGES
        last, whole = took(lambda: chats.path(id, limit=20)), took(lambda: chats.path(id))
    print(f"\n{kind(url)}: the last 20 of {MESSAGES} messages {last:.2f} ms, all of them {whole:.1f} ms")


def work(url: str, name: str, seconds: float, per_second: float) -> None:
    """Make calls at a steady pace and print how long each took to begin and to end; run in processes of their own."""
    with closing(Store.open(url)) as store:
        until, due = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < until:
            due += 1 / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            begun = time.perf_counter()
            turn = begin(store, name)
            middle = time.perf_counter()
            store.chats(LOCAL).finish(turn, DONE)
            print((middle - begun) * 1000, (time.perf_counter() - middle) * 1000)


@pytest.mark.parametrize("processes", [1, PROCESSES])
def test_rollups(url: str, processes: int) -> None:
    """Print what a call costs at the ledger where each end of one changes the same sums, under a steady load."""
    with closing(Store.open(url)) as store:
        for zone in ("UTC", "Pacific/Auckland"):
            store.usage(LOCAL).prepare(zone, 30)
    code = "import sys; from tests.benchmarks.bench_tree import work; work(*sys.argv[1:3], *map(float, sys.argv[3:]))"
    pace = [str(SECONDS), str(CALLS_PER_SECOND / processes)]
    commands = [[sys.executable, "-c", code, url, f"p{number}", *pace] for number in range(processes)]
    children = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for command in commands]
    lines = [line.split() for child in children for line in child.communicate()[0].splitlines()]
    print(f"\n{kind(url)}, {processes} processes, {len(lines) / SECONDS:.0f} calls/s")
    for place, name in enumerate(("begin", "end")):
        times = sorted(float(line[place]) for line in lines)
        print(f"  {name} {statistics.median(times):.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms")
