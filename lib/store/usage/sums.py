"""Sums of the ledger, by whatever is asked for, from the smallest sums that have its dimensions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from lib.pricing.prices import BILLION
from lib.store.schema import BINS, SUMS, conversations, library, usage, usage_sums
from lib.store.scope import Scope
from lib.store.usage import charts, pages, rollups
from lib.store.usage.charts import Point
from lib.store.usage.days import begin, start_of_month, start_of_week
from lib.store.usage.figures import CALLS, COST, Cell, Figures, Metric, Selection
from lib.store.usage.rollups import DIMENSION_SETS, Level

COUNTS = tuple(name for name in SUMS if name not in BINS)
DAY = timedelta(days=1)
# Made once: there are so many that making them takes longer than the database does.
TOTALS = {name: literal_column(f"CAST(sum({name}) AS BIGINT)", BigInteger).label(name) for name in SUMS}


def cells(db: Connection, selection: Selection, by: tuple[str, ...], step: str | None, with_ttft: bool) -> list[Cell]:
    """Return figures by some of the dimensions, and by "day", "week" or "month", in order; no groups without a call.

    `with_ttft`: with the first-token times, which takes longer. The sums of the zone must be there: rollups.prepare.
    """
    rows = db.execute(_grouped(selection, by, step, COUNTS + BINS * with_ttft)).mappings()
    grouped = groupby(rows, lambda row: (row["start"], tuple(row[name] for name in by)))
    return [Cell(start, names, charts.total(map(Figures.of, map(dict, group)))) for (start, names), group in grouped]


def points(db: Connection, selection: Selection, by: str, step: str, metric: Metric, currency: str) -> list[Point]:
    """Return the points of a chart of a metric, by a dimension and by step. Money is in whole units."""
    if not metric.is_additive:
        found = [(cell.start, *cell.names, cell.figures) for cell in cells(db, selection, (by,), step, with_ttft=True)]
        return [Point(start, name, figures.value(metric), figures.calls) for start, name, figures in found]
    per = BILLION if metric == COST else 1
    rows = db.execute(_metric(selection, by, step, metric, currency))
    return [Point(start, name, value and value / per, value) for start, name, value in rows]


def _metric(selection: Selection, by: str, step: str, metric: Metric, currency: str) -> Select[Any]:
    known = "calls" if metric == CALLS else f"{metric.name}_known"
    sums = _among(selection, {by}, step, {"calls", metric.name, known})
    value = cast(func.sum(case((sums.c[known] > 0, sums.c[metric.name]))), BigInteger)
    start = _start(sums.c.day, step)
    query = select(start, sums.c[by], value).group_by(start, sums.c[by]).having(func.sum(sums.c.calls) > 0)
    return query.where(sums.c.currency == currency) if metric == COST else query


def _grouped(selection: Selection, by: tuple[str, ...], step: str | None, names: tuple[str, ...]) -> Select[Any]:
    """Return a query of one row for each step, group and currency."""
    sums = _among(selection, set(by), step, names)
    keys = [_start(sums.c.day, step).label("start"), *(sums.c[name] for name in (*by, "currency"))]
    groups = keys if step else keys[1:]
    totals = (TOTALS[name] for name in names)
    return select(*keys, *totals).group_by(*groups).having(func.sum(sums.c.calls) > 0).order_by(*groups)


def _among(selection: Selection, by: set[str], step: str | None, names: Collection[str]) -> Subquery:
    """Return columns of the smallest sums that have the dimensions of the selection and of its groups."""
    needed = by | set(selection.filters)
    dimensions = next(names for names in DIMENSION_SETS if needed <= set(names))
    columns = [usage_sums.c[name] for name in ("day", "currency", *sorted(by), *names)]
    spans = [_span(selection, columns, Level(grain, dimensions), *days) for grain, *days in _spans(selection, step)]
    return (union_all(*spans) if len(spans) > 1 else spans[0]).subquery()


def _span(selection: Selection, columns: list[Column[Any]], level: Level, first: date, last: date) -> Select[Any]:
    table = usage_sums.c
    here = and_(table.zone == selection.zone, table.level == level.name, table.day.between(first, last))
    return select(*columns).where(here, *selection.among(table))


def _start(day: ColumnElement[date], step: str | None) -> ColumnElement[Any]:
    starts: dict[str | None, Any] = {None: null(), "day": day, "week": start_of_week(day), "month": start_of_month(day)}
    found: ColumnElement[Any] = starts[step]
    return found


def _spans(selection: Selection, step: str | None) -> list[tuple[str, date, date]]:
    """Return the days of a selection as spans of whole months and of single days, as few as can be."""
    first, last = selection.first, selection.last
    start = charts.start(first.replace(day=1) + timedelta(days=31), "month") if first.day > 1 else first
    end = (last + DAY).replace(day=1)
    if step in ("day", "week") or start >= end:
        return [("day", first, last)]
    spans = [("day", first, start - DAY), ("month", start, end - DAY), ("day", end, last)]
    return [(grain, begins, ends) for grain, begins, ends in spans if begins <= ends]


def choices(db: Connection, scope: Scope, zone: str) -> dict[str, list[str]]:
    """Return the values that each dimension has anywhere, in order."""
    needed = set() if scope.sees_usage else {"owner"}
    told = {name: next(names for names in DIMENSION_SETS if {name, *needed} <= set(names)) for name in rollups.BY_NAME}
    return {name: _values(db, scope, zone, name, dimensions) for name, dimensions in told.items()}


def _values(db: Connection, scope: Scope, zone: str, name: str, dimensions: tuple[str, ...]) -> list[str]:
    table, level = usage_sums.c, Level("month", dimensions).name
    here = and_(table.zone == zone, table.level == level, table.calls > 0, *scope.sees(usage_sums))
    return list(db.scalars(select(table[name]).where(here).distinct().order_by(table[name])))


def conversation(db: Connection, scope: Scope, id: str) -> Figures:
    """Return what the calls of a conversation come to, those of answers that were replaced too."""
    rows = db.execute(_conversation(scope, id)).mappings()
    return charts.total(map(Figures.of, map(dict, rows)))


def _conversation(scope: Scope, id: str) -> Select[Any]:
    currency = func.coalesce(usage.c.currency, literal_column("''"))
    sums = [total.label(name) for name, total in rollups.totals()]
    here = and_(pages.belongs(scope, id), rollups.ENDED, *scope.sees(usage))
    return select(currency.label("currency"), *sums).where(here).group_by(currency)


def projects(db: Connection, scope: Scope, selection: Selection) -> list[Cell]:
    """Return figures by the names of projects and by owner, in order; of what is in none the name is ""."""
    rows = db.execute(_by_project(scope, selection)).mappings()
    grouped = groupby(rows, lambda row: (row["project"], row["owner"]))
    return [Cell(None, names, charts.total(map(Figures.of, map(dict, group)))) for names, group in grouped]


def _by_project(scope: Scope, selection: Selection) -> Select[Any]:
    """Return a query of one row for each project, owner and currency, from the calls themselves."""
    whole = conversations.alias("wholes")  # a lane is in the project of its comparison
    id = func.coalesce(whole.c.project_id, conversations.c.project_id)
    mine = and_(conversations.c.id == usage.c.conversation_id, conversations.c.owner == usage.c.owner)
    joined = usage.outerjoin(conversations, mine).outerjoin(whole, whole.c.id == conversations.c.part_of)
    entry = and_(library.c.id == id, library.c.owner == usage.c.owner, library.c.deleted_at.is_(None))
    name = func.coalesce(library.c.name, literal_column("''")).label("project")
    currency = func.coalesce(usage.c.currency, literal_column("''")).label("currency")
    totals = [figure.label(label) for label, figure in rollups.totals() if label not in BINS]
    since, until = begin(selection.first, selection.zone), begin(selection.last + DAY, selection.zone)
    days = and_(usage.c.created_at >= since, usage.c.created_at < until, rollups.ENDED)
    query = select(name, usage.c.owner, currency, *totals).select_from(joined.outerjoin(library, entry))
    keys = (name, usage.c.owner, currency)
    return query.where(days, *selection.among(usage.c), *scope.sees(usage)).group_by(*keys).order_by(*keys)
