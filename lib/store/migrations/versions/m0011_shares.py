"""Conversations can be shared by links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table of links, which is empty."""
    op.create_table(
        "shares",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("leaf_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("with_params", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_shares_conversation", "shares", ["conversation_id"])
    op.create_index("ix_shares_owner", "shares", ["owner", "created_at"])
