"""Charts and pivots: cells, put in order, with their totals. Nothing here asks the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import NamedTuple

from lib.store.usage.figures import Cell, Figures, Selection

NOTHING = Figures()


class Point(NamedTuple):
    """One point of a chart; `weight` says how much there is of its line."""

    start: date
    name: str
    value: float | None
    weight: float | None


@dataclass(frozen=True)
class ChartLine:
    """One line of a chart: `name` is None for everything else; a value for each of the chart's steps."""

    name: str | None
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Series:
    """A chart: the first day of each step, and lines, the largest first, everything else last."""

    starts: tuple[date, ...]
    lines: tuple[ChartLine, ...]


@dataclass(frozen=True)
class PivotRow:
    """One row of a pivot: its total, and its parts by the names of the columns."""

    name: str
    total: Figures
    parts: Mapping[str, Figures]


@dataclass(frozen=True)
class Pivot:
    """A table: rows with the most calls first, the columns' totals by name, and the total of all."""

    rows: tuple[PivotRow, ...]
    columns: Mapping[str, Figures]
    total: Figures


def total(figures: Iterable[Figures]) -> Figures:
    """Return what all of these come to."""
    found = list(figures)
    return reduce(add, found) if found else NOTHING


def table(cells: Iterable[Cell]) -> Pivot:
    """Return the table of cells with two dimensions, the rows' and the columns'; or with one, without columns."""
    rows = [PivotRow(name, total(parts.values()), parts) for name, parts in _parts(cells).items()]
    names = sorted({name for row in rows for name in row.parts})
    columns = {name: total(row.parts[name] for row in rows if name in row.parts) for name in names}
    ranked = sorted(rows, key=lambda row: (-row.total.calls, row.name))
    return Pivot(tuple(ranked), columns, total(row.total for row in rows))


def _parts(cells: Iterable[Cell]) -> dict[str, dict[str, Figures]]:
    parts: dict[str, dict[str, Figures]] = {}
    for cell in cells:
        row, column = (*cell.names, "")[:2]
        parts.setdefault(row, {})[column] = cell.figures
    return parts


def series(points: Iterable[Point], starts: Sequence[date], most: int, *, additive: bool = True) -> Series:
    """Return a chart of the `most` largest lines and, if values can be added up, the rest as one.

    Where there is no point, an additive value is 0, and any other unknown.
    """
    lines: dict[str, dict[date, float | None]] = defaultdict(dict)
    weights: dict[str, float] = defaultdict(float)
    for start, name, value, weight in points:
        lines[name][start] = value
        weights[name] += weight or 0
    ranked = sorted(lines, key=lambda name: (-weights[name], name))
    gap = 0 if additive else None
    shown = [ChartLine(name, tuple(lines[name].get(start, gap) for start in starts)) for name in ranked[:most]]
    rest = [lines[name] for name in ranked[most:]] if additive else []
    return Series(tuple(starts), (*shown, *_rest(rest, starts)))


def _rest(lines: Sequence[Mapping[date, float | None]], starts: Sequence[date]) -> list[ChartLine]:
    return [ChartLine(None, tuple(_sum(line.get(start, 0) for line in lines) for start in starts))] if lines else []


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def steps(selection: Selection, step: str) -> Iterator[date]:
    """Give the first day of each day, week (a Monday) or month of a selection."""
    day = start(selection.first, step)
    while day <= selection.last:
        yield day
        day = start(day + timedelta(days={"day": 1, "week": 7, "month": 31}[step]), step)


def start(day: date, step: str) -> date:
    """Return the first day of the step that a day is in."""
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[step]
