"""Which board of its kind a case ran on, whether its caches were on, and the link protocol."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    """Add columns."""
    op.add_column("cases", sa.Column("board_serial", sa.String))
    op.add_column("cases", sa.Column("caches", sa.String))
    op.add_column("cases", sa.Column("protocol_version", sa.BigInteger))
