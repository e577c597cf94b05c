"""Messages become a tree, conversations know their purpose, and processes say that they live.

What a turn was becomes what a message answers: the answers of one prompt are siblings, and those that a retry replaced
are kept as such. The branch that is shown is the one that was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
RUNNING = "instance IS NOT NULL AND state = 'streaming'"

# Of several messages the one that is shown and came last.
LATEST = "ORDER BY m.turn DESC, (m.role = 'assistant') DESC, (m.superseded_at IS NULL) DESC, m.id DESC LIMIT 1"
HERE = "FROM messages m WHERE m.conversation_id = messages.conversation_id"
PARENTS = f"""
    UPDATE messages SET parent_id = CASE role
        WHEN 'assistant' THEN (SELECT m.id {HERE} AND m.turn = messages.turn AND m.role = 'user' ORDER BY m.id LIMIT 1)
        ELSE (SELECT m.id {HERE} AND m.turn < messages.turn {LATEST})
    END
"""  # noqa: S608  # made of nothing but the lines above
LEAVES = f"""
    UPDATE conversations
    SET leaf_id = (SELECT m.id FROM messages m WHERE m.conversation_id = conversations.id {LATEST})
"""  # noqa: S608  # as above
PURPOSES = """
    UPDATE conversations SET purpose = COALESCE((
        SELECT usage.purpose FROM usage JOIN messages ON messages.usage_id = usage.id
        WHERE messages.conversation_id = conversations.id AND messages.turn = 1 ORDER BY messages.id LIMIT 1
    ), 'chat')
"""
# Two processes could answer in one conversation. The one that began first is long gone.
LEFT = f"""
    UPDATE messages SET state = 'interrupted' WHERE {RUNNING} AND id < (
        SELECT max(m.id) {HERE} AND m.instance IS NOT NULL AND m.state = 'streaming'
    )
"""  # noqa: S608  # as above


def upgrade() -> None:
    """Add the columns, fill them from those that go, and guard what is running."""
    _add_columns()
    for statement in (PARENTS, LEAVES, PURPOSES, LEFT):
        op.execute(statement)
    _drop_turns()
    _indexes()
    _processes()


def _add_columns() -> None:
    op.add_column("conversations", sa.Column("purpose", sa.Text, nullable=False, server_default="chat"))
    op.add_column("conversations", sa.Column("leaf_id", KEY))
    op.add_column("messages", sa.Column("parent_id", KEY))


def _drop_turns() -> None:
    op.drop_index("ix_messages_turn", "messages")
    for name in ("turn", "superseded_at"):
        op.drop_column("messages", name)


def _indexes() -> None:
    running = sa.text(RUNNING)
    op.create_index(
        "ux_messages_running",
        "messages",
        ["conversation_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_index("ix_messages_conversation", "messages", ["conversation_id", "id"])
    op.create_index("ix_messages_parent", "messages", ["parent_id"])


def _processes() -> None:
    op.create_table(
        "processes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
    )
