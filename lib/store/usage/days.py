"""Days, weeks and months in SQL, and how far a time zone is from UTC.

SQLite knows no zones, and PostgreSQL's tables need not be Python's: both get the offsets from here, as rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from lib.errors import ChatError

ALWAYS, FOREVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# Zones change their offsets now and then; what was before, and what will be after, is not looked at.
FIRST, LAST = datetime(2015, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)
STEPS = ("day", "week", "month")


class Period(NamedTuple):
    """From when until when, not included, a zone is so many minutes from UTC."""

    since: datetime
    until: datetime
    minutes: int


def zone(name: str) -> ZoneInfo:
    """Return the time zone of this name, for example "Europe/Lisbon".

    Raises ChatError when there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # unknown; not a name; the name of a folder
        raise ChatError(f"There is no time zone called {name}.", hint="Use a name such as Europe/Lisbon.") from error


@cache
def periods(name: str) -> tuple[Period, ...]:
    """Return how far a zone is from UTC, period by period, from ALWAYS to FOREVER.

    Raises ChatError for a zone that there is not.
    """
    info = zone(name)
    changes = [ALWAYS, *_changes(info), FOREVER]
    return tuple(Period(since, until, _minutes(info, max(since, FIRST))) for since, until in pairwise(changes))


def _changes(info: ZoneInfo) -> Iterator[datetime]:
    week = timedelta(days=7)  # no zone has changed twice in less
    moments = [FIRST + week * number for number in range((LAST - FIRST) // week)]
    for before, after in pairwise(moments):
        if _minutes(info, before) != _minutes(info, after):
            yield _change(info, before, after)


def _change(info: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the minute between two moments from which on the offset is another."""
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // timedelta(minutes=2) * timedelta(minutes=1)
        if _minutes(info, before) == _minutes(info, middle):
            before = middle
        else:
            after = middle
    return after


def _minutes(info: ZoneInfo, moment: datetime) -> int:
    return round((moment.astimezone(info).utcoffset() or timedelta()) / timedelta(minutes=1))


def begin(day: date, name: str) -> datetime:
    """Return the moment a day begins in a zone; where a change of the clocks skips midnight, the first there is."""
    info = zone(name)
    midnight = datetime(day.year, day.month, day.day, tzinfo=info)
    return midnight.astimezone(UTC)


class local_day(FunctionElement[date]):  # noqa: N801  # as SQL functions are written
    """The day of a moment (the first argument), so many minutes from UTC (the second)."""

    type = Date()
    inherit_cache = True


class start_of_week(FunctionElement[date]):  # noqa: N801  # as above
    """The Monday on or before a day."""

    type = Date()
    inherit_cache = True


class start_of_month(FunctionElement[date]):  # noqa: N801  # as above
    """The first day of a day's month."""

    type = Date()
    inherit_cache = True


@compiles(local_day, "sqlite")
def _(element: local_day, compiler: Any, **options: Any) -> str:
    moment, minutes = (compiler.process(clause, **options) for clause in element.clauses)
    return f"date({moment}, {minutes} || ' minutes')"


@compiles(local_day, "postgresql")
def _(element: local_day, compiler: Any, **options: Any) -> str:
    moment, minutes = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(({moment} AT TIME ZONE 'UTC') + {minutes} * interval '1 minute')::date"


@compiles(start_of_week, "sqlite")
def _(element: start_of_week, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, 'weekday 0', '-6 days')"


@compiles(start_of_week, "postgresql")
def _(element: start_of_week, compiler: Any, **options: Any) -> str:
    return f"date_trunc('week', {compiler.process(element.clauses, **options)})::date"


@compiles(start_of_month, "sqlite")
def _(element: start_of_month, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, 'start of month')"


@compiles(start_of_month, "postgresql")
def _(element: start_of_month, compiler: Any, **options: Any) -> str:
    return f"date_trunc('month', {compiler.process(element.clauses, **options)})::date"
