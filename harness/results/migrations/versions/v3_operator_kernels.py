"""Which code each operator of a case ran: null in older cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Add the column."""
    op.add_column("cases", sa.Column("operator_kernels", sa.String))
