"""Single calls, a page of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select

from lib.store import processes
from lib.store.schema import HERE, conversations, usage
from lib.store.scope import Scope
from lib.store.usage.days import begin
from lib.store.usage.figures import DAY, Selection
from lib.store.values import Call

CHUNK = 500  # values in one statement
_CALL = select(*(usage.c[item.name] for item in fields(Call)))


@dataclass(frozen=True)
class Page:
    """Calls, the latest first; `after` is what the next page is asked for with, None on the last."""

    calls: tuple[Call, ...]
    after: tuple[datetime, int] | None


def page(db: Connection, scope: Scope, selection: Selection, limit: int, after: tuple[datetime, int] | None) -> Page:
    """Return a page of the selected calls, the latest first; those that are still running are among them."""
    since, until = begin(selection.first, selection.zone), begin(selection.last + DAY, selection.zone)
    query = _CALL.where(usage.c.created_at >= since, usage.c.created_at < until, *selection.among(usage.c))
    query = query.where(*scope.sees(usage))
    return _page(db, query, limit, after)


def of_conversation(db: Connection, scope: Scope, id: str, limit: int, after: tuple[datetime, int] | None) -> Page:
    """Return a page of the calls of a conversation and its parts, the latest first."""
    return _page(db, _CALL.where(belongs(scope, id), *scope.sees(usage)), limit, after)


def of_answers(db: Connection, scope: Scope, ids: Sequence[int]) -> list[Call]:
    """Return the calls that these messages are the answers of, those of one answer in their order."""
    return _those(db, scope, usage.c.message_id, ids)


def those(db: Connection, scope: Scope, ids: Sequence[int]) -> list[Call]:
    """Return the calls with these ids, in their order."""
    return _those(db, scope, usage.c.id, ids)


def _those(db: Connection, scope: Scope, column: ColumnElement[Any], ids: Sequence[int]) -> list[Call]:
    found: list[Call] = []
    for at in range(0, len(ids), CHUNK):
        query = _CALL.where(column.in_(ids[at : at + CHUNK]), *scope.sees(usage)).order_by(usage.c.id)
        found += [Call(**row) for row in db.execute(query).mappings()]
    return found


def belongs(scope: Scope, id: str) -> ColumnElement[bool]:
    """Return that a call was made in a conversation or in a part of it."""
    parts = select(conversations.c.id).where(conversations.c.part_of == id, scope.owns(conversations))
    return usage.c.conversation_id.in_(select(literal(id)).union_all(parts))


def _page(db: Connection, query: Select[Any], limit: int, after: tuple[datetime, int] | None) -> Page:
    if after:
        query = query.where(_older(*after))
    latest = query.order_by(usage.c.created_at.desc(), usage.c.id.desc()).limit(limit + 1)
    found = [Call(**row) for row in db.execute(latest).mappings()]
    shown = tuple(found[:limit])
    return Page(shown, (shown[-1].created_at, shown[-1].id) if len(found) > limit else None)


def _older(moment: datetime, id: int) -> ColumnElement[bool]:
    # The first condition follows from the second; SQLite finds its place in the index by it alone.
    return and_(
        usage.c.created_at <= moment,
        or_(usage.c.created_at < moment, and_(usage.c.created_at == moment, usage.c.id < id)),
    )


def call(db: Connection, scope: Scope, id: int) -> Call | None:
    """Return one call."""
    row = db.execute(_CALL.where(usage.c.id == id, *scope.sees(usage))).mappings().first()
    return Call(**row) if row else None


def latest(db: Connection, scope: Scope, owner: str, since: datetime, limit: int) -> list[datetime]:
    """Return when somebody's last calls were begun, the latest first."""
    theirs = and_(usage.c.owner == owner, usage.c.created_at > since, usage.c.origin == HERE, *scope.sees(usage))
    return list(db.scalars(select(usage.c.created_at).where(theirs).order_by(usage.c.created_at.desc()).limit(limit)))


def running(db: Connection, scope: Scope, owner: str, silence: timedelta) -> int:
    """Return how many calls processes that live are making for somebody."""
    theirs = and_(usage.c.owner == owner, usage.c.status == "started", *scope.sees(usage))
    lives = usage.c.instance.in_(processes.living(db, silence))
    return db.scalar(select(func.count()).where(theirs, lives)) or 0
