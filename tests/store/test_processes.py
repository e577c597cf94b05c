"""Leases: who writes to a database, and whether it still lives."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

import pytest

from lib.errors import StoreError
from lib.store import LOCAL, Store
from lib.store.engine import connect
from lib.store.history import HISTORY
from lib.store.processes import Lease, described
from tests.store.helpers import DONE, begin, execute, silenced
from tests.waiting import until


def rows(url: str) -> list[tuple[str, int]]:
    """Return the processes that a database knows: their names and numbers."""
    return [(row.id, row.pid) for row in execute(url, "SELECT id, pid FROM processes ORDER BY started_at")]


def test_none(store: Store, url: str) -> None:
    """Who only looks has no row."""
    store.ping()

    assert rows(url) == []


def test_hold(store: Store, url: str) -> None:
    """Who writes has a row with its name and its number."""
    store.lease.hold()

    assert rows(url) == [(store.lease.name, os.getpid())]


def test_hold_twice(store: Store, url: str) -> None:
    """A lease that is held is not taken again."""
    store.lease.hold()
    store.lease.hold()

    assert len(rows(url)) == 1


def test_two_stores(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """Two stores of one process are told apart."""
    store.lease.hold()
    opened(url).lease.hold()

    assert len({name for name, _ in rows(url)}) == 2


def test_close(url: str, opened: Callable[..., Store]) -> None:
    """Who goes takes its row along."""
    with closing(Store.open(url)) as store:
        store.lease.hold()

    assert rows(url) == []


def test_no_hold_after_close(url: str) -> None:
    """A lease that was given up is not taken again."""
    store = Store.open(url)
    store.lease.close()
    store.lease.hold()
    store.close()

    assert rows(url) == []


def test_beat(url: str, opened: Callable[..., Store]) -> None:
    """A lease that is held is touched again and again."""
    store = opened(url, lease=partial(Lease, beat=0.01))
    store.lease.hold()
    silenced(url)
    until(lambda: store.upkeep.living() == {store.lease.name})


def test_silent(store: Store, url: str) -> None:
    """Who has been silent for too long does not live."""
    store.lease.hold()
    silenced(url)

    assert store.upkeep.living() == set()


def test_clock_put_back(store: Store, url: str) -> None:
    """Who was seen in the future, for the clock was put back, does not live all that time; who does says so soon."""
    store.lease.hold()
    silenced(url, seconds=-3600)
    assert store.upkeep.living() == set()
    store.lease._touch()

    assert store.upkeep.living() == {store.lease.name}


def test_replicas(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """Each process says what it is, whether it drains, and what it is writing; who is silent is listed a day long."""
    gone = opened(url)
    gone.lease.hold()
    silenced(url)
    turn = begin(store)
    store.lease.describe("b-7", "cafe")
    store.lease.drain()
    first, second = sorted(store.upkeep.replicas(), key=lambda each: each.is_alive)

    assert (first.name, first.is_alive, first.answers, first.draining_at) == (gone.lease.name, False, 0, None)
    assert (second.build, second.secret, second.version, second.pid) == ("b-7", "cafe", HISTORY.head, os.getpid())
    assert second.draining_at
    assert second.answers == 1
    store.chats(LOCAL).finish(turn, DONE)
    silenced(url, days=2)
    store.upkeep.purge(datetime.now(UTC))

    assert store.upkeep.replicas() == []


def test_drains_unheld(store: Store, url: str) -> None:
    """Who writes nothing has nobody to tell that it drains."""
    store.lease.drain()

    assert rows(url) == []


def test_row_comes_back(url: str, opened: Callable[..., Store]) -> None:
    """Who was taken for dead, as after a long sleep of the machine, has its row again."""
    store = opened(url, lease=partial(Lease, beat=0.01))
    store.lease.hold()
    execute(url, "DELETE FROM processes")
    until(lambda: len(rows(url)) == 1)


def test_check(url: str, opened: Callable[..., Store]) -> None:
    """A lease knows whether the database takes what is written, and whether it does again."""
    store = opened(url, lease=partial(Lease, beat=0.01))
    store.lease.hold()
    store.ping()
    execute(url, "ALTER TABLE processes RENAME TO away")
    until(lambda: store.lease._trouble)
    with pytest.raises(StoreError, match="reports an error"):
        store.ping()
    execute(url, "ALTER TABLE away RENAME TO processes")
    until(lambda: not store.lease._trouble)

    store.ping()


def test_check_hanging(url: str) -> None:
    """A lease whose database hangs knows it by the time that passes."""
    now = iter([100.0, 119.0, 121.0])
    with closing(connect(url)) as database:
        lease = Lease(database, beat=3600, clock=lambda: next(now))
        lease.hold()
        lease.check()
        with pytest.raises(StoreError, match="taken nothing for 21 s"):
            lease.check()
        lease.close()


@pytest.mark.parametrize("error", [StoreError("The disk is full."), ZeroDivisionError()])
def test_then(url: str, opened: Callable[..., Store], error: Exception) -> None:
    """After each touch something else is done, which may fail in any way without ending the lease."""
    store = opened(url, lease=partial(Lease, beat=0.01))
    done = []

    def fail() -> None:
        done.append(1)
        raise error

    store.lease.then = fail
    store.lease.hold()
    until(lambda: len(done) > 2)


def test_end_does_not_wait(url: str, opened: Callable[..., Store]) -> None:
    """What hangs does not hold up the end; the row is left to others then."""
    store, hanging, gate = opened(url, lease=partial(Lease, beat=0.01)), threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        gate.wait(20)

    store.lease.then = hang
    store.lease.hold()
    hanging.wait(20)
    store.lease.close()
    assert len(rows(url)) == 1
    gate.set()


def test_database_gone(url: str) -> None:
    """A lease whose database is gone ends all the same."""
    with closing(connect(url)) as database:
        lease = Lease(database, beat=3600)
        lease.hold()
        execute(url, "DROP TABLE processes")
        lease.close()


def test_hold_fails(url: str) -> None:
    """Nothing begins where the row cannot be made."""
    execute(url, "DROP TABLE processes")
    with closing(connect(url)) as database, pytest.raises(StoreError):
        Lease(database).hold()


def test_described() -> None:
    """A process is called by its number and its machine."""
    assert described("desk/42/ab") == "process 42 on desk"
