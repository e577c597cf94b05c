"""People sign in, and what is done is logged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables of people and of the log, which are empty."""
    op.create_table(
        "people",
        sa.Column("owner", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "email", "role")),
        sa.Column("seen_at", TIME, nullable=False),
        *(sa.Column(name, TIME) for name in ("off_at", "out_at")),
    )
    op.create_table(
        "audit",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("created_at", TIME, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("actor", "event", "about", "detail")),
        sqlite_autoincrement=True,
    )
