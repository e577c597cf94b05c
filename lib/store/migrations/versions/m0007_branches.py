"""Messages can be continued, rated and deleted, conversations pinned, archived, tagged and temporary; all can be found.

What is kept is put into the index of the search by and by, as what is new is.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
COLUMNS: dict[str, dict[str, Any]] = {
    "messages": {
        "continues_id": KEY,
        "deleted_at": TIME,
        "deleted_with": KEY,
        "search_parts": sa.Integer(),
        "rating": sa.Integer(),
        "rating_note": sa.Text(),
    },
    "conversations": {"pinned_at": TIME, "archived_at": TIME, "expires_at": TIME},
}
INDEX = {
    "sqlite": [
        """
        CREATE VIRTUAL TABLE message_search
        USING fts5(grams, content='', columnsize=0, detail='none', tokenize='ascii', prefix='1 2')
        """,
    ],
    "postgresql": [
        """
        CREATE TABLE message_search (
            message_id BIGINT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            part INTEGER NOT NULL,
            grams TSVECTOR NOT NULL,
            PRIMARY KEY (message_id, part)
        ) WITH (toast_tuple_target = 128)
        """,
        "CREATE INDEX ix_message_search_grams ON message_search USING gin (grams)",
    ],
}


def upgrade() -> None:
    """Add the columns, the tags and the index, which is empty."""
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind))
    _indexes()
    op.create_table(
        "conversation_tags",
        sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tag", sa.Text, primary_key=True),
    )
    for statement in INDEX[op.get_bind().dialect.name]:
        op.execute(statement)


def _indexes() -> None:
    _index("ix_messages_unindexed", "messages", ["id"], "search_parts IS NULL")
    _index("ix_messages_deleted", "messages", ["deleted_with"], "deleted_with IS NOT NULL")
    _index("ix_conversations_pinned", "conversations", ["owner", "pinned_at"], "pinned_at IS NOT NULL")
    _index("ix_conversations_expiring", "conversations", ["expires_at"], "expires_at IS NOT NULL")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
