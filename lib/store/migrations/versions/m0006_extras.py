"""An answer keeps what came beside its text, and an image of a prompt what became of it on its way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; what there is has nothing in them."""
    op.add_column("messages", sa.Column("extras", sa.Text))
    op.add_column("message_images", sa.Column("note", sa.Text))
