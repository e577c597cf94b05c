"""Sums of the ledger, kept in the transaction that writes a row of it.

A person asks for days of their own time zone, so there are sums by the days of every zone that someone has asked for:
whole days of another zone cannot be made from days of UTC, and sums by the quarter of an hour would be half as many as
calls. In each zone there are days and months, and of both not only sums with every dimension but also some with few:
two years by model are thousands of rows then, instead of hundreds of thousands.

A call is in the sums once it has ended. Every sum is a whole number, so that adding, taking away and summing up anew
come to the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    cast,
    delete,
    except_,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)

from lib.store.columns import Time
from lib.store.engine import Database
from lib.store.schema import BINS, DIMENSIONS, MEASURES, SUMS, insert_into, usage, usage_sums, usage_zones
from lib.store.scope import Scope
from lib.store.usage.days import ALWAYS, FOREVER, local_day, periods, start_of_month
from lib.store.usage.figures import EDGES

MAX_ZONES = 12  # each costs time at every call, and disk
DAY = timedelta(days=1)
BATCH = 100_000  # calls summed up in one transaction: others can write again after a second or two
KEY = ("zone", "level", "day", *DIMENSIONS)
ONE: ColumnElement[int] = literal_column("1")
NAMELESS: ColumnElement[str] = literal_column("''")
ENDED = usage.c.status != "started"
SUMMING = "sums"  # are of everyone's calls


@dataclass(frozen=True)
class Level:
    """Sums by day or month and by some of the dimensions; every level has the currency as well."""

    step: str
    dimensions: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the column `level` has."""
        return " ".join((self.step, *self.dimensions))


BY_NAME = tuple(name for name in DIMENSIONS if name != "currency")
# The smaller first: the first one that has what is asked for is taken.
DIMENSION_SETS = (
    ("endpoint", "model"),
    ("purpose", "status", "source"),
    ("owner",),
    ("owner", "endpoint", "model"),
    BY_NAME,
)
LEVELS = tuple(Level(step, dimensions) for step in ("day", "month") for dimensions in DIMENSION_SETS)


def add(db: Connection, ids: list[int], scope: Scope | None = None) -> None:
    """Add the calls of these rows to the sums; those that have not ended, or are not in `scope`, are left out.

    On PostgreSQL nothing that others may hold can be asked for after this: all writers meet at the same sums.
    """
    _change(db, ids, 1, scope)


def take(db: Connection, ids: list[int], scope: Scope | None = None) -> None:
    """Take the calls of these rows away from the sums, before they change or go."""
    _change(db, ids, -1, scope)


def _change(db: Connection, ids: list[int], sign: int, scope: Scope | None) -> None:
    lock(db, "ROW EXCLUSIVE")  # zones that are added meanwhile wait for us, or we for them
    merge = _merge(db.dialect.name, "own rows" if scope else "rows")
    owner = {"owner": scope.owner} if scope else {}
    rest = iter(ids)
    while batch := list(islice(rest, 500)):
        db.execute(merge, {"ids": batch, "sign": sign, **owner})


def lock(db: Connection, mode: str) -> None:
    """Let others wait who change the sums, on PostgreSQL; in SQLite there is one writer at a time."""
    if db.dialect.name == "postgresql":
        db.execute(text(f"LOCK TABLE usage_sums IN {mode} MODE"))


def prepare(database: Database, zone: str, batch: int = BATCH) -> None:
    """Make sure that there are sums by the days of a zone; next to nothing when there are.

    The first time takes about a second for 100,000 calls; others can write after each `batch` of calls.
    Raises ChatError for a zone that there is not.
    """
    with database.read() as db:
        if filled(db, zone) == FOREVER:
            return
    add_zone(database, zone)
    fill(database, zone, batch)


def filled(db: Connection, zone: str) -> datetime | None:
    """Return up to which moment the sums of a zone are made, FOREVER when all are; None for no such zone."""
    return db.scalar(select(usage_zones.c.filled).where(usage_zones.c.zone == zone).limit(1))


def progress(db: Connection, zone: str) -> float:
    """Return how much of the sums of a zone is made, 0 to 1, measured in time."""
    done = filled(db, zone) or ALWAYS
    if done == FOREVER:
        return 1.0
    first, last = (db.scalar(select(edge(usage.c.created_at))) or FOREVER for edge in (func.min, func.max))
    return max(0.0, min((done - first) / max(last - first, DAY), 0.99))


def zones(db: Connection) -> list[str]:
    """Return the zones that there are sums for."""
    return list(db.scalars(select(usage_zones.c.zone).distinct().order_by(usage_zones.c.zone)))


def add_zone(database: Database, zone: str) -> None:
    """Keep sums of a zone from now on, with nothing in them yet; another zone goes where there are too many."""
    rows = [{"zone": zone, **period._asdict(), "filled": ALWAYS} for period in periods(zone)]
    with database.write() as db:
        lock(db, "SHARE ROW EXCLUSIVE")
        present = zones(db)
        if zone in present:
            return
        for surplus in [name for name in present if name != "UTC"][: max(0, len(present) - MAX_ZONES + 1)]:
            _drop_zone(db, surplus)
        db.execute(insert(usage_zones), rows)


def _drop_zone(db: Connection, zone: str) -> None:
    for table in (usage_sums, usage_zones):
        db.execute(delete(table).where(table.c.zone == zone))


def fill(database: Database, zone: str, batch: int = BATCH, ended: Callable[[], bool] = lambda: False) -> None:
    """Sum up the calls that are not in the sums of a zone yet, batch by batch, until `ended`."""
    done = False
    while not (done or ended()):
        begun = time.monotonic()
        with database.write(SUMMING) as db:
            done = fill_some(db, zone, batch)
        time.sleep((time.monotonic() - begun) / 10)  # who takes a lock again at once keeps it from all others


def fill_some(db: Connection, zone: str, batch: int) -> bool:
    """Sum up about `batch` calls; return whether there are no more."""
    lock(db, "SHARE ROW EXCLUSIVE")
    row = _unfilled(db, zone)
    if row is None:
        return True
    since, end = row
    until = min(end, _later(db, since, batch))
    db.execute(_merge(db.dialect.name, "span"), {"zone": zone, "from": since, "to": until, "sign": 1})
    db.execute(update(usage_zones).where(usage_zones.c.zone == zone).values(filled=until))
    return until == FOREVER


def _unfilled(db: Connection, zone: str) -> tuple[datetime, datetime] | None:
    """Return the first moment with a call that is not in the sums, and the end of the zone's period it is in."""
    done = filled(db, zone)
    if done in (None, FOREVER):
        return None
    first = db.scalar(select(func.min(usage.c.created_at)).where(usage.c.created_at >= done)) or FOREVER
    here = and_(usage_zones.c.zone == zone, usage_zones.c.until > first)
    return first, db.scalar(select(func.min(usage_zones.c.until)).where(here)) or FOREVER


def _later(db: Connection, since: datetime, batch: int) -> datetime:
    """Return a moment with about so many calls between it and `since`."""
    later = select(usage.c.created_at).where(usage.c.created_at > since).order_by(usage.c.created_at)
    return db.scalar(later.offset(batch).limit(1)) or FOREVER


def rebuild(database: Database) -> None:
    """Make all sums anew from the ledger; calls go on meanwhile, reports see what is done so far."""
    with database.write(SUMMING) as db:
        lock(db, "SHARE ROW EXCLUSIVE")
        db.execute(delete(usage_sums))
        db.execute(update(usage_zones).values(filled=ALWAYS))
        present = zones(db)
    for zone in present:
        fill(database, zone)


def differences(db: Connection) -> int:
    """Count the sums that are not what the ledger adds up to; 0 is what it should be."""
    columns = [usage_sums.c[name] for name in (*KEY, *SUMS)]
    kept = select(*columns).where(or_(*(usage_sums.c[name] != 0 for name in SUMS)))
    anew = select(_expanded(usage.c.created_at < usage_zones.c.filled).subquery())
    either = union_all(*(select(except_(*pair).subquery()) for pair in ((kept, anew), (anew, kept))))
    return db.scalar(select(func.count()).select_from(either.subquery()), {"sign": 1}) or 0


@cache
def _merge(dialect: str, what: str) -> Any:
    """Return the statement that adds calls to the sums: some `rows`, or those of a zone in a `span` of time."""
    rows = and_(usage.c.id.in_(bindparam("ids", expanding=True)), usage.c.created_at < usage_zones.c.filled)
    among = {
        "rows": rows,
        "own rows": and_(rows, usage.c.owner == bindparam("owner")),
        "span": and_(
            usage_zones.c.zone == bindparam("zone"),
            usage.c.created_at >= bindparam("from", type_=Time),
            usage.c.created_at < bindparam("to", type_=Time),
        ),
    }
    add = insert_into(usage_sums, dialect)
    # In one order for all writers: otherwise two of them could wait for each other.
    ordered = select(_expanded(among[what]).subquery()).order_by(*map(text, KEY))
    sums = {name: usage_sums.c[name] + add.excluded[name] for name in SUMS}
    return add.from_select([*KEY, *SUMS], ordered).on_conflict_do_update(index_elements=list(KEY), set_=sums)


def _expanded(among: ColumnElement[bool]) -> Any:
    """Return the sums of calls on every level: each day's meet each level. One query of many would be slow to read."""
    days, levels = _days(among).cte("days"), _levels().subquery("levels")
    day = case((levels.c.step == literal_column("'day'"), days.c.day), else_=start_of_month(days.c.day))
    dimensions = [case((levels.c[name] == ONE, days.c[name]), else_=NAMELESS) for name in BY_NAME]
    keys = [days.c.zone, levels.c.level, day, *dimensions, days.c.currency]
    named = [key.label(name) for key, name in zip(keys, KEY, strict=True)]
    totals = [cast(func.sum(days.c[name]), BigInteger).label(name) for name in SUMS]
    return select(*named, *totals).select_from(days.join(levels, true())).group_by(*keys)


def _levels() -> CompoundSelect[Any]:
    """Return a row for each level: its name, its step, and for each dimension whether it has it."""
    return union_all(*map(_level, LEVELS))


def _level(level: Level) -> Select[Any]:
    texts = {"level": f"'{level.name}'", "step": f"'{level.step}'"}
    flags = {name: str(int(name in level.dimensions)) for name in BY_NAME}
    columns: list[Any] = [literal_column(text).label(name) for name, text in {**texts, **flags}.items()]
    return select(*columns)


def _days(among: ColumnElement[bool]) -> Select[Any]:
    """Return the sums by day with every dimension."""
    day = local_day(usage.c.created_at, usage_zones.c.minutes)
    dimensions = [func.coalesce(usage.c[name], NAMELESS) for name in DIMENSIONS]
    here = and_(usage.c.created_at >= usage_zones.c.since, usage.c.created_at < usage_zones.c.until)
    names = [key.label(name) for key, name in zip(dimensions, DIMENSIONS, strict=True)]
    sums = [(total * bindparam("sign", type_=BigInteger)).label(name) for name, total in totals()]
    query = select(usage_zones.c.zone, day.label("day"), *names, *sums).select_from(usage.join(usage_zones, here))
    return query.where(ENDED, among).group_by(usage_zones.c.zone, day, *dimensions)


def totals() -> Iterator[tuple[str, ColumnElement[Any]]]:
    """Give each sum's name and what it is."""
    yield "calls", _whole(usage.c.calls)
    for name in MEASURES:
        yield name, _whole(usage.c[name])
    for name in MEASURES:
        yield f"{name}_known", _whole(case((usage.c[name].is_not(None), usage.c.calls)))
    yield "reported_tokens", _whole(case((usage.c.source == "reported", usage.c.total_tokens)))
    for name, low, high in zip(BINS, (0, *EDGES), (*EDGES, 1e300), strict=True):
        within = and_(usage.c.ttft_ms >= literal_column(repr(low)), usage.c.ttft_ms < literal_column(repr(high)))
        yield name, func.count(case((within, literal_column("1"))))


def _whole(column: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), BigInteger)
