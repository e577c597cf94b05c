"""Sums that are made in the background: how far they are, and that they are made however it went before."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from lib.errors import ChatError
from lib.store import LOCAL, Store
from lib.store.engine import connect
from lib.store.usage import rollups
from lib.store.usage.backfill import Filling
from tests.store.calls import NOON, foreign, put

WEEK = [foreign(NOON + timedelta(days=number)) for number in range(8)]


def test_made(store: Store) -> None:
    """Who waits long enough finds all sums made, and every call in them."""
    put(store, *WEEK)

    assert store.usage(LOCAL).prepare("Pacific/Auckland", patience=30) == 1
    assert store.upkeep.differences() == 0


def test_nothing_to_make(store: Store) -> None:
    """An empty ledger is added up as well."""
    assert store.usage(LOCAL).prepare("UTC", patience=30) == 1


def test_share(store: Store) -> None:
    """How much is made is measured in time: from the first to the sixth of eight days."""
    put(store, *WEEK)
    rollups.add_zone(store._database, "UTC")
    with store._database.write(rollups.SUMMING) as db:
        rollups.fill_some(db, "UTC", batch=4)
    with store._database.read(rollups.SUMMING) as db:
        assert rollups.progress(db, "UTC") == pytest.approx(5 / 7)


def test_not_waited_for(store: Store) -> None:
    """While others write, who asks is told at once that nothing is made; afterwards it is."""
    put(store, *WEEK)
    rollups.add_zone(store._database, "UTC")
    with store._database.write() as db:
        rollups.lock(db, "SHARE ROW EXCLUSIVE")
        assert store.usage(LOCAL).prepare("UTC") == store.usage(LOCAL).prepare("UTC", patience=0.1) == 0

    assert store.usage(LOCAL).prepare("UTC", patience=30) == 1


def test_failed_before(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What could not be made is tried again when it is asked for again; the log says why."""
    url = f"sqlite:///{tmp_path / 'parley.db'}"
    with closing(Store.open(url)) as store, closing(connect(url, patience=0.05)) as hasty:
        put(store, *WEEK)
        rollups.add_zone(hasty, "UTC")
        filling = Filling(hasty)
        with store._database.write():
            assert filling.begin("UTC", patience=30) == 0

        assert "Sums by the days of UTC could not be made" in caplog.text
        assert filling.begin("UTC", patience=30) == 1


def test_closed(store: Store) -> None:
    """Once it is closed nothing more is made."""
    put(store, *WEEK)
    filling = Filling(store._database)
    filling.begin("UTC", patience=30)
    filling.close()

    assert filling.begin("Europe/Lisbon", patience=30) == 0


def test_no_such_zone(store: Store) -> None:
    """A zone that there is not is refused."""
    with pytest.raises(ChatError, match="no time zone"):
        store.usage(LOCAL).prepare("Mars/Olympus")
