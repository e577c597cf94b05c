"""A conversation can be a part of another one: the one about a picture of its batch, a lane of its comparison."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns, and leave parts out of what is listed."""
    op.add_column("conversations", sa.Column("part_of", sa.Text))
    op.add_column("conversations", sa.Column("position", sa.Integer))
    op.drop_index("ix_conversations_recent", "conversations")
    _index("ix_conversations_recent", ["owner", "updated_at"], "deleted_at IS NULL AND part_of IS NULL")
    _index("ix_conversations_parts", ["part_of", "position"], "part_of IS NOT NULL")


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "conversations", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
