"""Conversations, messages and the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
OWNED = "conversations.id"
TOKENS = ("prompt", "completion", "total", "reasoning", "cached", "accepted_prediction", "rejected_prediction")


def upgrade() -> None:
    """Make the tables and their indexes."""
    _conversations()
    _messages()
    _usage()


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("title", "owner", "endpoint", "model"),
        *_times("created_at", "updated_at"),
        sa.Column("deleted_at", TIME),
    )
    _index("ix_conversations_recent", "conversations", ["owner", "updated_at"], "deleted_at IS NULL")


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("conversation_id", sa.Text, sa.ForeignKey(OWNED, ondelete="CASCADE"), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        *_texts("role", "text", "reasoning", "state"),
        *_times("created_at", "updated_at"),
        sa.Column("superseded_at", TIME),
        *_texts("endpoint", "model", "error_kind", "error", "hint", "finish_reason", nullable=True),
        sa.Column("usage_id", KEY),
        *_texts("instance", nullable=True),
        sqlite_autoincrement=True,
    )
    _index("ix_messages_turn", "messages", ["conversation_id", "turn", "id"])
    _index("ix_messages_open", "messages", ["instance"], "instance IS NOT NULL")


def _usage() -> None:
    op.create_table(
        "usage",
        sa.Column("id", KEY, primary_key=True),
        *_times("created_at"),
        *_texts("endpoint", "provider", "model"),
        *_texts("served_model", nullable=True),
        *_texts("purpose", "status"),
        *(sa.Column(f"{name}_tokens", sa.BigInteger) for name in TOKENS),
        *_texts("source"),
        *(sa.Column(name, sa.Float(53)) for name in ("ttft_ms", "duration_ms", "cost_usd")),
        *_texts("finish_reason", "error_kind", nullable=True),
        *(sa.Column(name, sa.BigInteger) for name in ("http_status", "deltas")),
        sa.Column("closed_ms", sa.Float(53)),
        *_texts("conversation_id", nullable=True),
        sa.Column("message_id", KEY),
        *_texts("owner"),
        *_texts("instance", nullable=True),
        sqlite_autoincrement=True,
    )
    _index("ix_usage_created", "usage", ["created_at"])
    _index("ix_usage_message", "usage", ["message_id"])
    _index("ix_usage_open", "usage", ["instance"], "instance IS NOT NULL")


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _times(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, TIME, nullable=False) for name in names]


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
