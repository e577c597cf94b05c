"""Charts and tables, made of cells and points."""

from __future__ import annotations

from datetime import date

from lib.store.usage.charts import Point, series, start, steps, table
from lib.store.usage.figures import Cell, Figures, Selection

MAY = date(2026, 5, 1)
JUNE = date(2026, 6, 1)


def cells(**calls: int) -> list[Cell]:
    """Return cells by two names, which a keyword joins."""
    return [Cell(None, tuple(names.split("_")), Figures(count)) for names, count in calls.items()]


def test_totals() -> None:
    """Rows, columns and the whole have totals, which agree."""
    found = table(cells(a_x=1, a_y=2, b_x=4))

    assert [(row.name, row.total.calls) for row in found.rows] == [("b", 4), ("a", 3)]
    assert {name: figures.calls for name, figures in found.columns.items()} == {"x": 5, "y": 2}
    assert found.total.calls == 7


def test_parts() -> None:
    """A part that has no call is not there."""
    first, _ = table(cells(a_x=3, a_y=2, b_x=4)).rows

    assert {name: figures.calls for name, figures in first.parts.items()} == {"x": 3, "y": 2}


def test_one_dimension() -> None:
    """A table of one dimension has one column."""
    found = table(cells(a=1, b=2))

    assert [row.name for row in found.rows] == ["b", "a"]
    assert list(found.columns) == [""]


def test_empty() -> None:
    """A table of nothing has no rows, and no calls."""
    assert table([]).total.calls == 0


def test_lines() -> None:
    """Lines come by their size, with a value for each step."""
    chart = series([Point(MAY, "a", 1, 1), Point(MAY, "b", 5, 5), Point(JUNE, "a", 2, 2)], [MAY, JUNE], most=2)

    assert [(line.name, line.values) for line in chart.lines] == [("b", (5, 0)), ("a", (1, 2))]


def test_rest() -> None:
    """What is not among the largest is one line at the end."""
    points = [Point(MAY, name, value, value) for name, value in {"a": 9, "b": 2, "c": 1}.items()]
    chart = series(points, [MAY, JUNE], most=1)

    assert [(line.name, line.values) for line in chart.lines] == [("a", (9, 0)), (None, (3, 0))]


def test_rest_unknown() -> None:
    """The rest is unknown where nothing of it is known."""
    points = [Point(MAY, "a", 9, 9), Point(MAY, "b", None, None), Point(MAY, "c", None, None), Point(JUNE, "b", 1, 1)]
    chart = series(points, [MAY], most=1)

    assert chart.lines[1].values == (None,)


def test_not_additive() -> None:
    """Of values that do not add up the lines with the most weight are shown, with gaps and without a rest."""
    points = [Point(MAY, "a", 900.0, 1), Point(MAY, "b", 5.0, 7)]
    chart = series(points, [MAY, JUNE], most=1, additive=False)

    assert [(line.name, line.values) for line in chart.lines] == [("b", (5.0, None))]


def test_steps() -> None:
    """Steps begin with the one that the first day is in and end with that of the last."""
    selection = Selection(date(2026, 1, 30), date(2026, 3, 2))

    assert list(steps(selection, "month")) == [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert next(steps(selection, "week")) == date(2026, 1, 26)
    assert len(list(steps(selection, "day"))) == 32


def test_week() -> None:
    """Weeks begin on a Monday."""
    assert start(date(2026, 5, 10), "week") == date(2026, 5, 4)
