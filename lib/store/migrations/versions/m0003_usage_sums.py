"""More of each call in the ledger, and its sums."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime(timezone=True)
DIMENSIONS = ("owner", "endpoint", "model", "purpose", "status", "source", "origin", "currency")
MEASURES = ("prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens", "cached_tokens", "cost")
BINS = tuple(f"ttft_{number}" for number in range(40))


def upgrade() -> None:
    """Add columns, indexes and tables; the sums of what is there are made when they are asked for."""
    _columns()
    _indexes()
    _sums()
    _zones()


def _columns() -> None:
    for name in ("images", "request_bytes", "response_bytes", "cost"):
        op.add_column("usage", sa.Column(name, sa.BigInteger))
    for name in ("refused", "currency", "price_source", "price_version", "origin_id"):
        op.add_column("usage", sa.Column(name, sa.Text))
    op.add_column("usage", sa.Column("origin", sa.Text, nullable=False, server_default="parley"))
    op.add_column("usage", sa.Column("calls", sa.BigInteger, nullable=False, server_default="1"))


def _indexes() -> None:
    op.drop_index("ix_usage_created", "usage")
    op.create_index("ix_usage_created", "usage", ["created_at", "id"])
    for name in ("owner", "model", "status"):
        op.create_index(f"ix_usage_{name}", "usage", [name, "created_at", "id"])
    _partial("ix_usage_conversation", ["conversation_id"], "conversation_id IS NOT NULL")
    _partial("ix_usage_origin", ["origin", "origin_id"], "origin_id IS NOT NULL", unique=True)


def _partial(name: str, columns: list[str], where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, "usage", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _sums() -> None:
    op.create_table(
        "usage_sums",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("zone", "level")),
        sa.Column("day", sa.Date, primary_key=True),
        *(sa.Column(name, sa.Text, primary_key=True) for name in DIMENSIONS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("calls", *MEASURES)),
        *(sa.Column(f"{name}_known", sa.BigInteger, nullable=False) for name in MEASURES),
        sa.Column("reported_tokens", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in BINS),
        sqlite_with_rowid=False,
    )


def _zones() -> None:
    op.create_table(
        "usage_zones",
        sa.Column("zone", sa.Text, primary_key=True),
        sa.Column("since", TIME, primary_key=True),
        sa.Column("until", TIME, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("filled", TIME, nullable=False),
    )
