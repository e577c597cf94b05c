"""Processes say more of themselves, and the database how old the code may be that lives with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
additive = True


def upgrade() -> None:
    """Add columns that are NULL for who runs now, and a table."""
    for name in ("build", "version", "secret"):
        op.add_column("processes", sa.Column(name, sa.Text))
    op.add_column("processes", sa.Column("draining_at", sa.DateTime(timezone=True)))
    op.create_table("compatibility", sa.Column("oldest", sa.Text, primary_key=True))
