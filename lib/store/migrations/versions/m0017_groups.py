"""Of people the groups are known that rules are for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
additive = True


def upgrade() -> None:
    """Add the column, which is empty until somebody is here again; releases before do without it."""
    op.add_column("people", sa.Column("groups", sa.Text))
