"""A prompt keeps where the texts of its attached files stand in its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; what there is has no files."""
    op.add_column("messages", sa.Column("files", sa.Text))
