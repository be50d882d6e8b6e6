"""The other names of a case's kernel set: null in older cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add the column."""
    op.add_column("cases", sa.Column("aliases", sa.String))
