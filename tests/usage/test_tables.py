"""Usage as a table: a row for each group, with what a reader must know."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from lib.store import LOCAL, Cell, Figures, Selection, Store
from lib.usage import tables
from tests.store.calls import NOON, dollars, foreign, put

MAY = Selection(date(2026, 5, 1), date(2026, 5, 31), "Europe/Lisbon", models=("a", "b"), owners=("anna",))
MAY_ALL = Selection(date(2026, 5, 1), date(2026, 5, 31))
SURE = Figures(2, 30, 10, 40, costs=(("EUR", 500_000_000), ("USD", 10**9)), counted=2, priced=2, reported_tokens=40)
HALF = Figures(1, 30, 10, 40, counted=1)


def test_columns() -> None:
    """A table has the step, the names, the figures, and a column for each currency."""
    table = tables.figures([Cell(date(2026, 5, 1), ("a",), SURE), Cell(None, ("b",), HALF)], MAY, ("model",), "month")
    first, second = (dict(zip(table.columns, row, strict=True)) for row in table.rows)

    assert (first["month"], first["model"], first["calls"], first["coverage"]) == (date(2026, 5, 1), "a", 2, 1.0)
    assert (first["cost_EUR"], first["cost_USD"], second["cost_EUR"], second["unpriced"]) == (0.5, 1, None, 1)


def test_about() -> None:
    """It says which calls it is of, and how sure it is."""
    found = tables.about(MAY, SURE + HALF)

    assert (found["Days"], found["Time zone"]) == ("2026-05-01 to 2026-05-31", "Europe/Lisbon")
    assert found["Filters"] == "owner anna; model a, b"
    assert found["Coverage"] == "50.0% of the tokens reported, the rest estimated"
    assert found["Unpriced"] == "1 of 3 calls with tokens"


def test_about_nothing() -> None:
    """Of nothing, nothing is known."""
    found = tables.about(Selection(date(2026, 5, 1), date(2026, 5, 1)), Figures())

    assert (found["Filters"], found["Coverage"]) == ("none", "unknown")
    assert tables.about(MAY, Figures(counted=1))["Unpriced"] == "1 of 1 call with tokens"


def test_calls(tmp_path: Path) -> None:
    """Calls are rows with every figure, costs in whole units."""
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    put(store, foreign(cost=dollars("1.5"), ttft_ms=5.0), foreign(usage=None))
    found = store.usage(LOCAL).calls(MAY_ALL).calls
    table = tables.calls(found, MAY_ALL, store.usage(LOCAL).figures(MAY_ALL))
    second, first = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    store.close()

    assert (first["cost"], first["currency"], first["ttft_ms"], first["created_at"]) == (1.5, "USD", 5.0, NOON)
    assert (second["cost"], second["total_tokens"]) == (None, None)
