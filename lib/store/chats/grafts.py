"""Conversations from elsewhere: taken in whole, in one transaction, and never twice.

What is there already is found again by what it says: where a conversation has gone on elsewhere since, only what is
new is added, and where it has gone on here, that becomes a branch beside it.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from lib.messages import dump_files
from lib.store import library
from lib.store.chats import images, tags, titles
from lib.store.columns import now
from lib.store.schema import conversations, messages
from lib.store.scope import Scope
from lib.store.values import ForeignConversation, ForeignMessage, TakenIn
from lib.text import repair

MAX_TRIES = 8  # ids, until one is neither somebody else's nor taken
ROWS, CHARACTERS = 500, 4_000_000  # of messages that are written at once


def derived(*parts: str) -> str:
    """Return an id that follows from what it is made of, of the form of all ids."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    made = base64.urlsafe_b64encode(digest[:12]).decode()
    return f"_{made[1:]}" if made.startswith("-") else made


@dataclass
class Plan:
    """Where a conversation goes: `known` are the numbers of its messages that are there already, with their ids."""

    id: str
    is_new: bool
    known: dict[int, int] = field(default_factory=dict)


def plan(db: Connection, scope: Scope, given: ForeignConversation) -> Plan:
    """Find where a conversation goes, and what of it is there."""
    id = given.id
    for _ in range(MAX_TRIES):
        row = db.execute(select(conversations.c.owner).where(conversations.c.id == id)).first()
        if row is None:
            return Plan(id, is_new=True)
        if row[0] == scope.owner:
            return Plan(id, is_new=False, known=_known(db, id, given.messages))
        id = derived(scope.owner, id)
    return Plan(derived(scope.owner, id, now().isoformat()), is_new=True)


def _known(db: Connection, id: str, given: Sequence[ForeignMessage]) -> dict[int, int]:
    """Return the messages that are there: those that say the same in the same place, of equals as many as there are."""
    columns = (messages.c.id, messages.c.parent_id, messages.c.role, messages.c.text)
    there: dict[Any, deque[int]] = defaultdict(deque)
    here = and_(messages.c.conversation_id == id, messages.c.deleted_at.is_(None))
    for row in db.execute(select(*columns).where(here).order_by(messages.c.id)):
        there[row[1:]].append(row[0])
    known: dict[int, int] = {}
    for number, message in enumerate(given):
        parent = None if message.parent is None else known.get(message.parent, -1)
        if same := there.get((parent, message.role, repair(message.text))):
            known[number] = same.popleft()
    return known


def take_in(db: Connection, scope: Scope, given: ForeignConversation, **place: Any) -> TakenIn:
    """Keep what is new of a conversation and of its parts. One that was deleted is there again."""
    found = plan(db, scope, given)
    if found.is_new:
        project_id = library.project(db, scope, given.project) if given.project.strip() else None
        values = {**_columns(found.id, scope, given), "project_id": project_id, **place}
        db.execute(insert(conversations).values(values))
        tags.keep(db, scope, found.id, given.tags)
    ids = _write(db, found, given.messages)
    _finish(db, scope, found, given, ids)
    parts = [take_in(db, scope, part, part_of=found.id, position=position) for position, part in enumerate(given.parts)]
    return _taken(found, given, parts)


def look(db: Connection, scope: Scope, given: ForeignConversation) -> TakenIn:
    """Return what `take_in` would make of a conversation."""
    found = plan(db, scope, given)
    parts = [look(db, scope, part) for part in given.parts]
    return _taken(found, given, parts)


def _taken(found: Plan, given: ForeignConversation, parts: Sequence[TakenIn]) -> TakenIn:
    new = [message for number, message in enumerate(given.messages) if number not in found.known]
    return TakenIn(
        found.id,
        found.is_new,
        len(new) + sum(part.messages for part in parts),
        sum(len(message.images) for message in new) + sum(part.images for part in parts),
    )


def _columns(id: str, scope: Scope, given: ForeignConversation) -> dict[str, Any]:
    names = ("endpoint", "model", "params", "purpose", "created_at", "updated_at", "pinned_at", "archived_at")
    values = {name: getattr(given, name) for name in names}
    return {"id": id, "title": titles.tidy(given.title), "owner": scope.owner, **values}


def _finish(db: Connection, scope: Scope, found: Plan, given: ForeignConversation, ids: dict[int, int]) -> None:
    """Show the branch that was shown, and bring the conversation back if it was deleted."""
    values: dict[str, Any] = {"deleted_at": None}
    if given.leaf is not None and len(ids) > len(found.known):
        values["leaf_id"] = ids[given.leaf]
    mine = (conversations.c.id == found.id) & scope.owns(conversations)
    db.execute(update(conversations).where(mine).values(values))


def _write(db: Connection, found: Plan, given: Sequence[ForeignMessage]) -> dict[int, int]:
    """Add the messages that are not there, and return the ids of all of them."""
    ids = dict(found.known)
    for numbers in _batches([number for number in range(len(given)) if number not in ids], given):
        rows = [_row(found.id, given[number]) for number in numbers]
        added = insert(messages).returning(messages.c.id, sort_by_parameter_order=True)
        ids.update(zip(numbers, db.scalars(added, rows), strict=True))
        _tie(db, numbers, given, ids)
        for number in numbers:
            images.adopt(db, ids[number], (*given[number].images, *given[number].whole_files))
    return ids


def _batches(numbers: Sequence[int], given: Sequence[ForeignMessage]) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for number in numbers:
        batch.append(number)
        size += len(given[number].text) + len(given[number].reasoning)
        if len(batch) >= ROWS or size >= CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _row(id: str, message: ForeignMessage) -> dict[str, Any]:
    names = (
        *("role", "text", "reasoning", "state", "created_at", "updated_at", "endpoint", "model", "params"),
        *("error_kind", "error", "hint", "finish_reason", "rating", "rating_note"),
    )
    values = {name: getattr(message, name) for name in names}
    besides = {
        "extras": message.extras.dump(),
        "images": len(message.images) or None,
        "files": dump_files(message.files),
    }
    return {**values, **besides, "conversation_id": id}


def _tie(db: Connection, numbers: Sequence[int], given: Sequence[ForeignMessage], ids: dict[int, int]) -> None:
    """Say which message each one answers, and which it goes on from: their ids are known only now."""
    for column, ties in (
        ("parent_id", {number: given[number].parent for number in numbers}),
        ("continues_id", {number: given[number].continues for number in numbers}),
    ):
        pairs = [{"it": ids[number], "other": ids[other]} for number, other in ties.items() if other is not None]
        values = {column: bindparam("other"), "updated_at": messages.c.updated_at}
        if pairs:
            db.execute(update(messages).where(messages.c.id == bindparam("it")).values(values), pairs)
