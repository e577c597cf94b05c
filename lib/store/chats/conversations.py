"""Conversations and their messages."""

from __future__ import annotations

import secrets
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Update, delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from lib.errors import StoreError
from lib.messages import Message
from lib.store.chats import images, titles
from lib.store.columns import now
from lib.store.schema import add, conversations, messages, usage
from lib.store.usage import ledger
from lib.store.values import Conversation, Outcome, StoredImage, StoredMessage, Target, asked, chosen

# Of the first turn: found by two indexes, so that a list stays as quick as it was.
_PURPOSE = (
    select(usage.c.purpose)
    .join(messages, messages.c.usage_id == usage.c.id)
    .where(messages.c.conversation_id == conversations.c.id, messages.c.turn == 1)
    .order_by(messages.c.id)
    .limit(1)
    .scalar_subquery()
    .label("purpose")
)
_CONVERSATION = select(
    *(conversations.c[item.name] for item in fields(Conversation) if item.name in conversations.c), _PURPOSE
)
# What a message has of its own, and what its call in the ledger adds; `usage` is made from several columns.
_OWN = [item.name for item in fields(StoredMessage) if item.name in messages.c]
_FIGURES = [item.name for item in fields(StoredMessage) if item.name not in messages.c and item.name != "usage"]
_MESSAGE = select(
    *(messages.c[name] for name in _OWN),
    *(usage.c[name] for name in (*_FIGURES, *ledger.TOKENS)),
).select_from(messages.outerjoin(usage, usage.c.id == messages.c.usage_id))


def create(db: Connection, prompt: str, target: Target) -> str:
    """Open a conversation that begins with `prompt`, and return its id."""
    made = {"id": _new_id(), "title": titles.title(prompt)}
    db.execute(insert(conversations).values(**made, owner=target.owner, **chosen(target.choice)))
    return made["id"]


def _new_id() -> str:
    # A leading "-" would read as an option on a command line.
    while (made := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return made


def touch(db: Connection, id: str, target: Target) -> None:
    """Note that something happens in a conversation; on PostgreSQL this also keeps other turns of it waiting.

    Raises StoreError when it does not exist, is deleted, or belongs to someone else.
    """
    mine = (conversations.c.id == id) & (conversations.c.owner == target.owner) & conversations.c.deleted_at.is_(None)
    if not db.execute(update(conversations).where(mine).values(updated_at=now(), **chosen(target.choice))).rowcount:
        raise StoreError("This conversation does not exist any more.", hint="Start a new chat.")


def listing(db: Connection, owner: str, limit: int, before: datetime | None) -> list[Conversation]:
    """Return the owner's conversations, the latest activity first."""
    query = _CONVERSATION.where(conversations.c.owner == owner, conversations.c.deleted_at.is_(None))
    if before:
        query = query.where(conversations.c.updated_at < before)
    rows = db.execute(query.order_by(conversations.c.updated_at.desc()).limit(limit))
    return [Conversation(**row) for row in rows.mappings()]


def get(db: Connection, id: str) -> Conversation | None:
    """Return a conversation, unless it is deleted."""
    query = _CONVERSATION.where(conversations.c.id == id, conversations.c.deleted_at.is_(None))
    row = db.execute(query).mappings().first()
    return Conversation(**row) if row else None


def change(db: Connection, id: str, **values: object) -> None:
    """Set columns of a conversation; its place in the list stays."""
    db.execute(update(conversations).where(conversations.c.id == id).values(values))


def purge(db: Connection, older_than: datetime) -> int:
    """Remove what was deleted before `older_than`, messages and images too; return how many conversations."""
    removed = db.execute(delete(conversations).where(conversations.c.deleted_at < older_than)).rowcount
    images.sweep(db)
    return removed


def ask(db: Connection, conversation_id: str, prompt: Message) -> tuple[int, int]:
    """Add a prompt; return the number of the turn that it begins, and its id."""
    last = select(func.max(messages.c.turn)).where(messages.c.conversation_id == conversation_id)
    turn = (db.scalar(last) or 0) + 1
    values = {"conversation_id": conversation_id, "turn": turn, "text": prompt.text, "images": len(prompt.images)}
    id = add(db, messages, role="user", state="completed", **values)
    images.keep(db, id, prompt.images)
    return turn, id


def answer(db: Connection, conversation_id: str, turn: int, target: Target) -> int:
    """Add the empty answer of a turn, to be written by `target.instance`; return its id."""
    place = {"conversation_id": conversation_id, "turn": turn, "instance": target.instance}
    return add(db, messages, role="assistant", state="streaming", **place, **asked(target.choice))


def link(db: Connection, message_id: int, usage_id: int) -> None:
    """Say which ledger row has the figures of an answer."""
    db.execute(update(messages).where(messages.c.id == message_id).values(usage_id=usage_id))


def save(db: Connection, message_id: int, text: str, reasoning: str) -> None:
    """Keep what has come of an answer, unless it is finished."""
    values = {"text": text, "reasoning": reasoning, "state": "streaming"}
    db.execute(_open(message_id).values(values))


def close(db: Connection, message_id: int, outcome: Outcome) -> bool:
    """Finish an answer; return whether it was still open."""
    names = ("text", "reasoning", "state", "error_kind", "error", "hint", "finish_reason")
    values = {name: getattr(outcome, name) for name in names}
    return db.execute(_open(message_id).values(instance=None, **values)).rowcount > 0


def _open(message_id: int) -> Update:
    return update(messages).where(messages.c.id == message_id, messages.c.instance.is_not(None))


def supersede(db: Connection, message_id: int) -> tuple[str, int]:
    """Hide an answer that another one will replace; return its conversation and turn.

    Raises StoreError when there is nothing to replace: no such answer, replaced before, or still running.
    """
    shown = (messages.c.id == message_id) & (messages.c.role == "assistant") & messages.c.superseded_at.is_(None)
    hide = update(messages).where(shown, messages.c.state != "streaming").values(superseded_at=now())
    if not db.execute(hide).rowcount:
        raise StoreError("This answer is still running or was tried again already.", hint="Load the page again.")
    place = select(messages.c.conversation_id, messages.c.turn).where(messages.c.id == message_id)
    conversation_id, turn = db.execute(place).one()
    return conversation_id, turn


def prompt_id(db: Connection, conversation_id: str, turn: int) -> int:
    """Return the id of the prompt that began a turn."""
    query = select(messages.c.id).where(messages.c.conversation_id == conversation_id, messages.c.turn == turn)
    return int(db.scalars(query.where(messages.c.role == "user")).one())


def shown(db: Connection, conversation_id: str, limit: int | None) -> list[StoredMessage]:
    """Return the last `limit` messages, oldest first, without those that a retry replaced."""
    query = _shown(_MESSAGE, conversation_id).order_by(messages.c.turn.desc(), messages.c.id.desc()).limit(limit)
    return _messages(db, query)[::-1]


def message(db: Connection, id: int) -> StoredMessage | None:
    """Return one message, one that a retry replaced too."""
    return next(iter(_messages(db, _MESSAGE.where(messages.c.id == id))), None)


def count(db: Connection, conversation_id: str) -> int:
    """Count the messages that are shown."""
    return db.scalar(_shown(select(func.count()).select_from(messages), conversation_id)) or 0


def _shown(query: Select[Any], conversation_id: str) -> Select[Any]:
    return query.where(messages.c.conversation_id == conversation_id, messages.c.superseded_at.is_(None))


def _messages(db: Connection, query: Select[Any]) -> list[StoredMessage]:
    rows = db.execute(query).mappings().all()
    found = images.of(db, [row["id"] for row in rows if row["images"]])
    return [_message(row, found.get(row["id"], ())) for row in rows]


def _message(row: RowMapping, pictures: tuple[StoredImage, ...]) -> StoredMessage:
    values = {name: row[name] for name in (*_OWN, *_FIGURES)}
    return StoredMessage(usage=ledger.figures(row), **{**values, "images": pictures})
