"""What is in the files of the usage page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lib.files.tables import Table
from lib.store import LOCAL, Selection, Store
from lib.ui.usage.downloads import BATCH, KINDS, Shape
from tests.store.calls import NOON, foreign, put

DAY = date(2026, 5, 4)
SHAPE = Shape(Selection(DAY, DAY + timedelta(days=1)), "model", None, "day")


@pytest.fixture
def store(store: Store) -> Store:
    """Two calls of a model on a day, one of another on the next."""
    put(
        store,
        foreign(model="a", owner="x"),
        foreign(model="a", owner="y"),
        foreign(NOON + timedelta(days=1), model="b"),
    )
    return store


def columns(table: Table, *names: str) -> list[tuple[object, ...]]:
    """Return some columns of each row."""
    places = [table.columns.index(name) for name in names]
    return [tuple(row[place] for place in places) for row in table.rows]


def test_table(store: Store) -> None:
    """The table is a row for each name, without sums: who adds up a column counts no call twice."""
    assert columns(KINDS["Table"](store.usage(LOCAL), SHAPE), "model", "calls") == [("a", 2), ("b", 1)]


def test_table_within(store: Store) -> None:
    """A table of one thing within another has a column for both."""
    shape = Shape(SHAPE.selection, "model", "owner", "day")

    found = columns(KINDS["Table"](store.usage(LOCAL), shape), "model", "owner", "calls")

    assert found == [("a", "x", 1), ("a", "y", 1), ("b", "local", 1)]


def test_chart(store: Store) -> None:
    """The chart is a row for each step and line."""
    found = columns(KINDS["Chart"](store.usage(LOCAL), SHAPE), "day", "model", "calls")

    assert found == [(DAY, "a", 2), (DAY + timedelta(days=1), "b", 1)]


def test_calls(store: Store) -> None:
    """Calls are all there, more than are read at a time, the latest first."""
    put(store, *(foreign(NOON - timedelta(seconds=number)) for number in range(BATCH)))
    found = columns(KINDS["Calls"](store.usage(LOCAL), SHAPE), "model")

    assert len(found) == BATCH + 3
    assert found[0] == ("b",)
