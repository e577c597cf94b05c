"""The branches of a conversation: which is shown, what stands beside what, what is deleted, and what is copied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Connection, and_, func, insert, literal, or_, select, update

from lib.errors import StoreError
from lib.store.chats import conversations, images, tree
from lib.store.columns import Key, now
from lib.store.schema import conversations as roots
from lib.store.schema import messages
from lib.store.scope import Scope
from lib.store.values import Removed, StoredMessage

# What a copy of a message has of the one that it is made of.
_COPIED = (
    "role",
    "text",
    "reasoning",
    "state",
    "created_at",
    "endpoint",
    "model",
    "params",
    "images",
    "files",
    "error_kind",
    "error",
    "hint",
    "finish_reason",
    "extras",
    "usage_id",
)


class Place(NamedTuple):
    """Where a message stands, and what is shown of its conversation."""

    conversation_id: str
    parent_id: int | None
    role: str
    leaf_id: int | None


def find(db: Connection, scope: Scope, message_id: int) -> Place:
    """Return where a message stands; nobody else changes its conversation until the transaction ends.

    Raises StoreError when it is not there, BusyError while its conversation is being answered.
    """
    here = select(messages.c.conversation_id, messages.c.parent_id, messages.c.role)
    mine = scope.owns_conversation(messages.c.conversation_id)
    found = db.execute(here.where(messages.c.id == message_id, messages.c.deleted_at.is_(None), mine)).first()
    if found is None:
        raise StoreError("This message does not exist any more.", hint="Load the page again.")
    leaf_id = conversations.leaf(db, scope, found.conversation_id)
    conversations.check_free(db, scope, found.conversation_id)
    return Place(*found, leaf_id)


def siblings(db: Connection, scope: Scope, shown: Iterable[StoredMessage]) -> dict[int, tuple[int, ...]]:
    """Return by message the ids of all that stand in its place, its own among them; nothing for what stands alone."""
    shown = tuple(shown)
    if not shown:
        return {}
    found: dict[int | None, tuple[int, ...]] = {}
    for id, parent_id in db.execute(_beside(scope, shown)):
        found[parent_id] = (*found.get(parent_id, ()), id)
    beside = {message.id: found.get(message.parent_id, ()) for message in shown}
    return {id: ids for id, ids in beside.items() if len(ids) > 1}


def _beside(scope: Scope, shown: tuple[StoredMessage, ...]) -> Any:
    parents = {message.parent_id for message in shown}
    known = messages.c.parent_id.in_([parent_id for parent_id in parents if parent_id is not None])
    there = and_(messages.c.conversation_id == shown[0].conversation_id, messages.c.deleted_at.is_(None))
    mine = scope.owns_conversation(messages.c.conversation_id)
    place = or_(known, messages.c.parent_id.is_(None)) if None in parents else known
    return select(messages.c.id, messages.c.parent_id).where(there, place, mine).order_by(messages.c.id)


def show(db: Connection, scope: Scope, message_id: int) -> str:
    """Show the branch that goes through a message, to its latest end; return the conversation."""
    place = find(db, scope, message_id)
    if not tree.is_shown(db, scope, place.conversation_id, message_id):
        _end_at(db, scope, place, _latest(db, scope, message_id))
    return place.conversation_id


def remove(db: Connection, scope: Scope, message_id: int) -> Removed:
    """Delete a message and all below it. What stands beside it is shown instead, else the branch ends before it."""
    place = find(db, scope, message_id)
    below = _below(message_id)
    gone = and_(messages.c.id.in_(select(below.c.id)), messages.c.deleted_at.is_(None), _mine(scope))
    marked = update(messages).where(gone).values(deleted_at=now(), deleted_with=message_id)
    count = len(db.scalars(marked.returning(messages.c.id)).all())
    if not _is_live(db, scope, place.leaf_id):
        _end_at(db, scope, place, _next_to(db, scope, place, message_id))
    return Removed(message_id, place.conversation_id, place.leaf_id, count)


def put_back(db: Connection, scope: Scope, removed: Removed) -> None:
    """Bring a deleted message back with all that was deleted with it, and show what was shown then."""
    leaf_id = conversations.leaf(db, scope, removed.conversation_id)
    conversations.check_free(db, scope, removed.conversation_id)
    parent = select(messages.c.parent_id).where(messages.c.id == removed.message_id, _mine(scope)).scalar_subquery()
    before = select(messages.c.deleted_at).where(messages.c.id == parent, _mine(scope))
    if db.scalar(before) is not None:
        raise StoreError("What stood before this message was deleted too.", hint="Bring that back first.")
    here = and_(messages.c.deleted_with == removed.message_id, _mine(scope))
    if db.execute(update(messages).where(here).values(deleted_at=None, deleted_with=None)).rowcount:
        place = Place(removed.conversation_id, None, "", leaf_id)
        _end_at(db, scope, place, removed.leaf_id if _is_live(db, scope, removed.leaf_id) else leaf_id)


def fork(db: Connection, scope: Scope, message_id: int) -> str:
    """Copy the branch that ends at a message into a conversation of its own, and return that one's id."""
    place = find(db, scope, message_id)
    made = conversations.copy(db, scope, place.conversation_id)
    last: int | None = None
    for message in tree.path(db, scope, place.conversation_id, until=message_id):
        last = _copy(db, scope, message, made, last)
    conversations.change(db, scope, made, leaf_id=last)
    return made


def _copy(db: Connection, scope: Scope, message: StoredMessage, into: str, parent_id: int | None) -> int:
    columns = ["conversation_id", "parent_id", *_COPIED]
    place = literal(into, roots.c.id.type), literal(parent_id, messages.c.parent_id.type)
    origin = select(*place, *(messages.c[name] for name in _COPIED)).where(messages.c.id == message.id, _mine(scope))
    added = insert(messages).from_select(columns, origin).returning(messages.c.id)
    id = int(db.execute(added).scalar_one())
    images.copy(db, scope, message.id, id)
    return id


def _end_at(db: Connection, scope: Scope, place: Place, leaf_id: int | None) -> None:
    conversations.change(db, scope, place.conversation_id, leaf_id=leaf_id)


def _next_to(db: Connection, scope: Scope, place: Place, message_id: int) -> int | None:
    """Return where the branch ends that takes the place of one that went."""
    same = messages.c.parent_id == place.parent_id if place.parent_id else messages.c.parent_id.is_(None)
    there = and_(messages.c.conversation_id == place.conversation_id, same, messages.c.deleted_at.is_(None))
    ids = db.scalars(select(messages.c.id).where(there, _mine(scope)).order_by(messages.c.id)).all()
    nearest = [*reversed([id for id in ids if id < message_id]), *ids]
    return _latest(db, scope, nearest[0]) if nearest else place.parent_id


def _latest(db: Connection, scope: Scope, message_id: int) -> int:
    """Return the latest message below one that nothing follows."""
    below, child = _below(message_id), messages.alias("child")
    follows = select(1).where(child.c.parent_id == messages.c.id, child.c.deleted_at.is_(None)).exists()
    here = and_(messages.c.id.in_(select(below.c.id)), messages.c.deleted_at.is_(None), ~follows, _mine(scope))
    return int(db.scalar(select(func.max(messages.c.id)).where(here)) or message_id)


def _below(message_id: int) -> CTE:
    """Return the ids of a message and of all below it; each once, so that a damaged tree ends as well."""
    below = select(literal(message_id, Key).label("id")).cte("below", recursive=True)
    child = messages.alias("child")
    return below.union(select(child.c.id).where(child.c.parent_id == below.c.id))


def _is_live(db: Connection, scope: Scope, message_id: int | None) -> bool:
    here = and_(messages.c.id == message_id, messages.c.deleted_at.is_(None), _mine(scope))
    return db.execute(select(messages.c.id).where(here)).first() is not None


def _mine(scope: Scope) -> ColumnElement[bool]:
    return scope.owns_conversation(messages.c.conversation_id)
