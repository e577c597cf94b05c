"""Prompts wait for the end of an answer, with their images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables; nothing waits yet."""
    _prompts()
    _images()
    op.create_index("ix_queued_images_image", "queued_images", ["image_id"])
    op.create_index("ix_queued_prompts_conversation", "queued_prompts", ["conversation_id", "id"])
    tied = sa.text("after_id IS NOT NULL")
    op.create_index("ix_queued_prompts_after", "queued_prompts", ["after_id"], sqlite_where=tied, postgresql_where=tied)


def _prompts() -> None:
    op.create_table(
        "queued_prompts",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("after_id", KEY),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("text", "purpose", "endpoint", "model")),
        *(sa.Column(name, sa.Text) for name in ("files", "params", "session_id")),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("taken_at", TIME),
        sqlite_autoincrement=True,
    )


def _images() -> None:
    prompt = sa.ForeignKey("queued_prompts.id", ondelete="CASCADE")
    op.create_table(
        "queued_images",
        sa.Column("prompt_id", KEY, prompt, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("image_id", sa.Text, sa.ForeignKey("images.id")),
        sa.Column("url", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
    )
