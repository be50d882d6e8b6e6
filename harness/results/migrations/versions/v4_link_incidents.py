"""What happened on the link while a case was streamed: null in older cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("cases", sa.Column("frames_repeated", sa.BigInteger))
    op.add_column("cases", sa.Column("incidents", sa.String))
