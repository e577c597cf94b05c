"""The sums of the ledger: equal to it, whatever was written, by whom, and however it ended."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.store import LOCAL, Selection, Store
from lib.store.usage import rollups
from tests import children
from tests.store.caller import DEEDS
from tests.store.calls import NOON, foreign, put, tokens
from tests.store.helpers import DONE, begin, calls, execute, silenced

ROOT = Path(__file__).parents[3]
ALL = Selection(date(2020, 1, 1), date(2030, 12, 31))
GONE = "elsewhere/1/1.00"  # a process of another machine


def asked(store: Store) -> Store:
    """Return a store that keeps sums of two zones."""
    for zone in ("UTC", "Pacific/Auckland"):
        store.usage(LOCAL).figures(replace(ALL, zone=zone))
    return store


def statuses(store: Store) -> dict[str, int]:
    """Return the calls by status."""
    return {cell.names[0]: cell.figures.calls for cell in store.usage(LOCAL).cells(ALL, ("status",))}


def abandon(url: str) -> None:
    """Let all that runs seem to be a dead process's, of long ago."""
    then = "2026-01-01 00:00:00+00:00" if url.startswith("postgres") else "2026-01-01 00:00:00.000000"
    execute(url, "UPDATE usage SET instance = :name, created_at = :then", name=GONE, then=then)
    execute(
        url, "UPDATE messages SET instance = :name, updated_at = :then WHERE state = 'streaming'", name=GONE, then=then
    )


def test_equal(store: Store) -> None:
    """What is written after the first question is in the sums, and nothing else."""
    asked(store)
    store.chats(LOCAL).finish(begin(store), DONE)
    put(store, foreign(NOON), foreign(NOON + timedelta(days=40)))

    assert (store.upkeep.differences(), store.usage(LOCAL).figures(ALL).calls) == (0, 3)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE usage_sums SET total_tokens = total_tokens + 1 WHERE level = 'day owner'",
        "DELETE FROM usage_sums WHERE level = 'month owner'",
        "UPDATE usage SET owner = 'someone'",
        "DELETE FROM usage",
    ],
)
def test_difference(store: Store, url: str, damage: str) -> None:
    """What is wrong in the sums is found, and put right from the ledger."""
    put(asked(store), foreign())
    execute(url, damage)

    assert store.upkeep.differences() > 0
    store.upkeep.rebuild()
    assert store.upkeep.differences() == 0


def test_rebuild_keeps(store: Store) -> None:
    """Made anew, the sums are what they were."""
    put(asked(store), foreign(), foreign(NOON + timedelta(days=400)))
    before = store.usage(LOCAL).figures(ALL)
    store.upkeep.rebuild()

    assert store.usage(LOCAL).figures(ALL) == before


def test_second_end(store: Store) -> None:
    """A call that ends twice is counted once."""
    turn = begin(asked(store))
    store.chats(LOCAL).finish(turn, DONE)
    store.chats(LOCAL).finish(turn, DONE)

    assert statuses(store) == {"completed": 1}


def test_interrupted(store: Store, url: str) -> None:
    """What a dead process left is counted as interrupted by whoever finds it."""
    begin(asked(store))
    abandon(url)
    store.upkeep.recover()

    assert (statuses(store), store.upkeep.differences()) == ({"interrupted": 1}, 0)


def test_lives_after_all(store: Store, url: str) -> None:
    """A call that was taken for dead and ends after all moves from interrupted to what it became."""
    turn = begin(asked(store))
    abandon(url)
    store.upkeep.recover()
    store.chats(LOCAL).finish(turn, DONE)

    assert (statuses(store), store.upkeep.differences()) == ({"completed": 1}, 0)


def test_purge(store: Store) -> None:
    """Calls that are removed for good are taken from all sums; calls that still run stay."""
    put(asked(store), *(foreign(NOON + timedelta(hours=number)) for number in range(700)))
    begin(store)

    assert store.upkeep.purge_calls(NOON + timedelta(hours=600)) == 600
    assert (store.usage(LOCAL).figures(ALL).calls, store.upkeep.differences()) == (100, 0)
    assert store.upkeep.purge_calls(datetime.now(UTC) + timedelta(days=1)) == 100
    assert [call.status for call in calls(store)] == ["started"]


def test_twice_taken_in(store: Store) -> None:
    """Calls that were taken in before are not counted again."""
    calls = [foreign(), foreign()]
    put(asked(store), *calls)

    assert store.upkeep.take_in([*calls, foreign()]) == 1
    assert store.usage(LOCAL).figures(ALL).calls == 3


def test_calls_in_one_row(store: Store) -> None:
    """A row that stands for several calls counts as so many."""
    put(asked(store), foreign(calls=12, usage=tokens(600, 60)))
    found = store.usage(LOCAL).figures(ALL)

    assert (found.calls, found.counted, found.total_tokens) == (12, 12, 660)


def test_batches(store: Store, url: str) -> None:
    """Many calls are summed up in several transactions, each call once."""
    moments = [NOON + timedelta(minutes=number // 2) for number in range(40)]
    put(store, *map(foreign, moments))
    rollups.prepare(store._database, "UTC", batch=7)

    assert (store.usage(LOCAL).figures(ALL).calls, store.upkeep.differences()) == (40, 0)


def test_filled_twice(store: Store) -> None:
    """Two who make the same sums at once count no call twice."""
    put(asked(store), foreign())
    rollups.add_zone(store._database, "UTC")
    rollups.fill(store._database, "UTC")
    rollups.fill(store._database, "Asia/Nowhere")

    assert (store.usage(LOCAL).figures(ALL).calls, store.upkeep.differences()) == (1, 0)


def test_half_filled(store: Store, url: str) -> None:
    """While sums are being made, calls that end are counted once: at once, or when it is their turn."""
    put(store, *(foreign(NOON + timedelta(days=number)) for number in range(10)))
    rollups.add_zone(store._database, "UTC")
    with store._database.write(rollups.SUMMING) as db:
        assert not rollups.fill_some(db, "UTC", batch=4)
    put(store, foreign(NOON), foreign(NOON + timedelta(days=9)))

    assert store.upkeep.differences() == 0
    assert store.usage(LOCAL).figures(ALL).calls == 12


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.lists(st.sampled_from(DEEDS), max_size=25))
def test_any_order(store: Store, seed: int, deeds: list[Callable[..., None]]) -> None:
    """Whatever is done, in whatever order, sums and ledger are equal."""
    chance = random.Random(seed)
    for number, deed in enumerate(deeds):
        deed(store, chance, str(number))

    assert store.upkeep.differences() == 0


@pytest.mark.timeout(180)
def test_processes(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """Several processes that write at once, each killed at some moment, leave sums that are equal to the ledger."""
    for generation in range(2):
        callers = [caller(url, f"{generation}-{number}") for number in range(2)]
        said = [process.stdout.readline() for process in callers]
        ends = [end(process, random.uniform(0.3, 1)) for process in callers]
        silenced(url)
        opened(url).upkeep.recover()
        assert (said, ends) == (["open\n"] * 2, [""] * 2)
    (rows,) = execute(url, "SELECT count(*), sum(calls) FROM usage WHERE status <> 'started'")

    assert rows[0] > 0
    assert store.upkeep.differences() == 0
    assert store.usage(LOCAL).figures(ALL).calls == rows[1]


def caller(url: str, name: str) -> subprocess.Popen[str]:
    """Start a process that makes calls."""
    command = [sys.executable, "-m", "tests.store.caller", url, name]
    return subprocess.Popen(
        command, cwd=ROOT, env=children.unmeasured(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(process: subprocess.Popen[str], seconds: float) -> str:
    """Kill a process after a while; return what it complained about before."""
    time.sleep(seconds)
    process.kill()
    return process.communicate()[1]
