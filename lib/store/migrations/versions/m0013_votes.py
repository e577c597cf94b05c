"""Answers of a comparison are voted on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table of votes, which is empty."""
    conversation = sa.ForeignKey("conversations.id", ondelete="CASCADE")
    op.create_table(
        "votes",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("conversation_id", sa.Text, conversation, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("round", "voter", "owner")),
        sa.Column("blind", sa.Integer, nullable=False),
        sa.Column("ballot", sa.Text),
        sa.Column("created_at", TIME, nullable=False),
        *(sa.Column(name, TIME) for name in ("voted_at", "revealed_at")),
        sqlite_autoincrement=True,
    )
    op.create_index("ux_votes_voter", "votes", ["conversation_id", "round", "voter"], unique=True)
    op.create_index("ix_votes_owner", "votes", ["owner", "voted_at"])
