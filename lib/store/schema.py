"""The tables. `conversations` owns `messages`; `usage` is the ledger and outlives both.

A change here needs a migration in migrations/versions and a new head in history.py; a test compares them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
)
from sqlalchemy.dialects import postgresql, sqlite

from lib.store.columns import CleanText, Count, Key, Time, now

metadata = MetaData()
# Both have ON CONFLICT, each in an `insert` of its own.
INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

conversations = Table(
    "conversations",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("title", CleanText, nullable=False),
    Column("owner", CleanText, nullable=False),
    Column("endpoint", CleanText, nullable=False),
    Column("model", CleanText, nullable=False),
    # What was chosen besides, as lib.choice keeps it; the session is one of this endpoint and model.
    Column("params", CleanText),
    Column("session_id", CleanText),
    Column("created_at", Time, nullable=False, default=now),
    Column("updated_at", Time, nullable=False, default=now),
    Column("deleted_at", Time),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Key, primary_key=True),
    Column("conversation_id", CleanText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    # A prompt and its answers share a turn, so that a retry of an early answer stays in its place.
    Column("turn", Integer, nullable=False),
    Column("role", CleanText, nullable=False),
    Column("text", CleanText, nullable=False, default=""),
    Column("reasoning", CleanText, nullable=False, default=""),
    Column("state", CleanText, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
    Column("updated_at", Time, nullable=False, default=now, onupdate=now),
    Column("superseded_at", Time),
    Column("endpoint", CleanText),
    Column("model", CleanText),
    Column("params", CleanText),
    # How many images it has: most have none, and then nothing is looked up.
    Column("images", Integer),
    Column("error_kind", CleanText),
    Column("error", CleanText),
    Column("hint", CleanText),
    Column("finish_reason", CleanText),
    # The ledger row whose figures this answer shows. No foreign key: the ledger is purged on its own.
    Column("usage_id", Key),
    # The process that is writing the row; NULL once it has finished it.
    Column("instance", CleanText),
    # Row numbers are never given twice: the ledger remembers those of deleted messages.
    sqlite_autoincrement=True,
)

# One copy of an image however often it is used; its id is the SHA-256 of its bytes.
images = Table(
    "images",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("media_type", CleanText, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
)

# An image of a message: one that is kept, or a URL that the endpoint fetches.
message_images = Table(
    "message_images",
    metadata,
    Column("message_id", Key, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("image_id", CleanText, ForeignKey("images.id")),
    Column("url", CleanText),
    Column("detail", CleanText, nullable=False),
)

usage = Table(
    "usage",
    metadata,
    Column("id", Key, primary_key=True),
    Column("created_at", Time, nullable=False, default=now),
    Column("endpoint", CleanText, nullable=False),
    Column("provider", CleanText, nullable=False),
    Column("model", CleanText, nullable=False),
    Column("served_model", CleanText),
    Column("purpose", CleanText, nullable=False),
    Column("status", CleanText, nullable=False),
    Column("prompt_tokens", Count),
    Column("completion_tokens", Count),
    Column("total_tokens", Count),
    Column("reasoning_tokens", Count),
    Column("cached_tokens", Count),
    Column("accepted_prediction_tokens", Count),
    Column("rejected_prediction_tokens", Count),
    Column("source", CleanText, nullable=False),
    Column("ttft_ms", Float(53)),
    Column("duration_ms", Float(53)),
    Column("cost_usd", Float(53)),
    Column("finish_reason", CleanText),
    Column("error_kind", CleanText),
    Column("http_status", Count),
    Column("deltas", Count),
    Column("closed_ms", Float(53)),
    Column("conversation_id", CleanText),
    Column("message_id", Key),
    Column("owner", CleanText, nullable=False),
    Column("instance", CleanText),
    sqlite_autoincrement=True,
)


def _index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


_index(
    "ix_conversations_recent",
    conversations.c.owner,
    conversations.c.updated_at,
    where=conversations.c.deleted_at.is_(None),
)
_index("ix_messages_open", messages.c.instance, where=messages.c.instance.is_not(None))
_index("ix_usage_open", usage.c.instance, where=usage.c.instance.is_not(None))
Index("ix_message_images_image", message_images.c.image_id)
Index("ix_messages_turn", messages.c.conversation_id, messages.c.turn, messages.c.id)
Index("ix_usage_created", usage.c.created_at)
Index("ix_usage_message", usage.c.message_id)


def add(db: Connection, table: Table, **values: object) -> int:
    """Insert one row and return its number."""
    key: Any = db.execute(table.insert().values(values)).inserted_primary_key
    return int(key[0])


def add_new(db: Connection, table: Table, **values: object) -> None:
    """Insert one row unless there is one with its key; another process may be adding it at the same moment."""
    db.execute(INSERTS[db.dialect.name](table).values(values).on_conflict_do_nothing())
