"""What was chosen for a conversation and an answer, and the images of a prompt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns that are NULL for what is there, and two tables."""
    for table, name in (("conversations", "params"), ("conversations", "session_id"), ("messages", "params")):
        op.add_column(table, sa.Column(name, sa.Text))
    op.add_column("messages", sa.Column("images", sa.Integer))
    op.create_table(
        "images",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "message_images",
        sa.Column("message_id", KEY, sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("image_id", sa.Text, sa.ForeignKey("images.id")),
        sa.Column("url", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("ix_message_images_image", "message_images", ["image_id"])
