"""A conversation is a tree: each message names the one before it, and the branch that is shown ends at the leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Select, and_, literal, select
from sqlalchemy.engine import RowMapping

from lib.messages import Extras, Usage, load_files
from lib.store.chats import conversations as conversations_of
from lib.store.chats import images
from lib.store.schema import conversations, messages, usage
from lib.store.scope import Scope
from lib.store.usage import entries
from lib.store.values import Part, StoredImage, StoredMessage

# What a message has of its own, and what its call in the ledger adds; `usage` is made from several columns.
_OWN = [item.name for item in fields(StoredMessage) if item.name in messages.c]
_FIGURES = [item.name for item in fields(StoredMessage) if item.name not in messages.c and item.name != "usage"]
_COLUMNS = (
    *(messages.c[name] for name in _OWN),
    *(usage.c[name] for name in (*_FIGURES, *entries.TOKENS)),
)
MAX_DEPTH = 1_000_000  # messages of a branch; a damaged database must not keep a query going for ever


def path(
    db: Connection, scope: Scope, conversation_id: str, limit: int | None = None, until: int | None = None
) -> list[StoredMessage]:
    """Return the last `limit` messages of the branch that is shown, oldest first; of the one that ends at `until`."""
    branch = _branch(scope, conversation_id, limit, until)
    with_calls = branch.join(messages, messages.c.id == branch.c.id).outerjoin(usage, _is_call(scope))
    return _messages(db, scope, select(*_COLUMNS).select_from(with_calls).order_by(branch.c.depth.desc()))


def _branch(scope: Scope, conversation_id: str, limit: int | None, until: int | None) -> CTE:
    """Return ids and depths of a branch, from its end to its beginning."""
    last = conversations.c.leaf_id if until is None else literal(until)
    mine = and_(conversations.c.id == conversation_id, scope.owns(conversations))
    here = and_(messages.c.conversation_id == conversations.c.id, messages.c.id == last)
    end = select(messages.c.id, messages.c.parent_id, literal(1).label("depth")).join(conversations, here).where(mine)
    branch = end.cte("branch", recursive=True)
    earlier = select(messages.c.id, messages.c.parent_id, branch.c.depth + 1)
    steps = earlier.join(branch, messages.c.id == branch.c.parent_id).where(branch.c.depth < (limit or MAX_DEPTH))
    return branch.union_all(steps)


def _is_call(scope: Scope) -> Any:
    return and_(usage.c.id == messages.c.usage_id, usage.c.owner == scope.owner)


def is_shown(db: Connection, scope: Scope, conversation_id: str, id: int) -> bool:
    """Return whether a message is on the branch that is shown."""
    branch = _branch(scope, conversation_id, None, None)
    return db.execute(select(branch.c.id).where(branch.c.id == id)).first() is not None


def message(db: Connection, scope: Scope, id: int) -> StoredMessage | None:
    """Return one message, be it on the branch that is shown or not; None for one that is deleted."""
    there = and_(messages.c.id == id, messages.c.deleted_at.is_(None))
    return next(iter(_among(db, scope, there)), None)


def whole(db: Connection, scope: Scope, conversation_id: str) -> list[StoredMessage]:
    """Return every message of a conversation, on whatever branch, in the order they were written."""
    there = and_(messages.c.conversation_id == conversation_id, messages.c.deleted_at.is_(None))
    return sorted(_among(db, scope, there), key=lambda message: message.id)


def parts(db: Connection, scope: Scope, conversation_id: str) -> list[Part]:
    """Return the parts of a conversation in their order, each with the prompt and the answer that it ends with."""
    found = conversations_of.parts(db, scope, conversation_id)
    answers = {answer.conversation_id: answer for answer in _among(db, scope, _leaves(scope, conversation_id))}
    asked = [answer.parent_id for answer in answers.values()]
    prompts = {prompt.conversation_id: prompt for prompt in _among(db, scope, messages.c.id.in_(asked))}
    return [Part(part, prompts.get(part.id), answers.get(part.id)) for part in found]


def _leaves(scope: Scope, conversation_id: str) -> ColumnElement[bool]:
    leaves = select(conversations.c.leaf_id).where(conversations.c.part_of == conversation_id)
    return messages.c.id.in_(leaves.where(scope.owns(conversations), conversations.c.leaf_id.is_not(None)))


def _among(db: Connection, scope: Scope, which: ColumnElement[bool]) -> list[StoredMessage]:
    with_calls = messages.outerjoin(usage, _is_call(scope))
    mine = and_(which, scope.owns_conversation(messages.c.conversation_id))
    return _messages(db, scope, select(*_COLUMNS).select_from(with_calls).where(mine))


def _messages(db: Connection, scope: Scope, query: Select[Any]) -> list[StoredMessage]:
    rows = db.execute(query).mappings().all()
    found = images.of(db, scope, [row["id"] for row in rows if row["images"]])
    return [_message(row, found.get(row["id"], ())) for row in rows]


def _message(row: RowMapping, images: tuple[StoredImage, ...]) -> StoredMessage:
    values = {name: row[name] for name in (*_OWN, *_FIGURES)}
    extras = Extras.load(row["extras"])
    made = {"images": images, "files": load_files(row["files"]), "extras": extras, "usage": entries.figures(row)}
    return StoredMessage(**{**values, **made, **_elsewhere(extras.call)})


def _elsewhere(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a call that was made elsewhere."""
    return {**call, "usage": Usage(**call["usage"])} if "usage" in call else dict(call)
