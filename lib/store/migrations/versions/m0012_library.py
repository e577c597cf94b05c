"""Prompts, presets and projects are kept; a conversation may be in a project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table, which is empty, and the place of a conversation in a project; none is in one."""
    op.create_table(
        "library",
        sa.Column("id", KEY, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("owner", "kind", "name", "text", "endpoint", "model")),
        sa.Column("params", sa.Text),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_library_owner", "library", ["owner", "kind"])
    op.add_column("conversations", sa.Column("project_id", KEY))
    inside = sa.text("project_id IS NOT NULL")
    op.create_index(
        "ix_conversations_project", "conversations", ["project_id"], sqlite_where=inside, postgresql_where=inside
    )
