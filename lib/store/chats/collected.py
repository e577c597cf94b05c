"""Conversations with parts, as a list has them: how many parts, how many answers, what those cost."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, func, select

from lib.store.chats import conversations as conversations_of
from lib.store.schema import conversations, messages, usage
from lib.store.scope import Scope
from lib.store.values import Collection, Conversation

Sums = tuple[
    str, int, int, str | None, int | None
]  # the conversation, parts, answers, and what they cost of a currency
_ANSWERED = func.sum(case((messages.c.state == "completed", 1), else_=0))


def latest(db: Connection, scope: Scope, purpose: str, limit: int) -> list[Collection]:
    """Return the conversations of a purpose with what their parts come to, the latest activity first."""
    found = conversations_of.of_purpose(db, scope, purpose, limit)
    sums = _sums(db, scope, [each.id for each in found])
    return [_collection(each, [row for row in sums if row[0] == each.id]) for each in found]


def _collection(conversation: Conversation, sums: Sequence[Sums]) -> Collection:
    costs = tuple((currency, int(cost)) for _, _, _, currency, cost in sums if currency and cost is not None)
    return Collection(conversation, sum(row[1] for row in sums), sum(row[2] for row in sums), costs)


def _sums(db: Connection, scope: Scope, ids: Sequence[str]) -> list[Sums]:
    call = and_(usage.c.id == messages.c.usage_id, usage.c.owner == scope.owner)
    inside = conversations.outerjoin(messages, messages.c.id == conversations.c.leaf_id).outerjoin(usage, call)
    columns = (conversations.c.part_of, func.count(), _ANSWERED, usage.c.currency, func.sum(usage.c.cost))
    mine = and_(conversations.c.part_of.in_(ids), scope.owns(conversations), conversations.c.deleted_at.is_(None))
    query = select(*columns).select_from(inside).where(mine).group_by(conversations.c.part_of, usage.c.currency)
    return [(id, parts, int(done), currency, cost) for id, parts, done, currency, cost in db.execute(query)]
