"""Cases with an id of their own, tags of runs, raw data, and indices for what is asked often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"

_ASKED_FOR = {
    "ix_runs_started": ("runs", ["started"]),
    "ix_runs_git_commit": ("runs", ["git_commit"]),
    "ix_cases_what": ("cases", ["target_id", "model", "kernel_set", "variant"]),
    "ix_cases_model": ("cases", ["model"]),
    "ix_cases_started": ("cases", ["started"]),
}


def upgrade() -> None:
    """Add column, tables and indices; a copy of an older database gives its cases the same ids."""
    time = sa.String()
    if op.get_context().dialect.name == "postgresql":  # times sort only byte by byte
        time = sa.String(collation="C")
        op.alter_column("runs", "started", type_=time)
        op.alter_column("cases", "started", type_=time)
    op.add_column("cases", sa.Column("id", sa.String))
    op.execute("UPDATE cases SET id = run_id || '-' || number")
    op.create_index("ix_cases_id", "cases", ["id"], unique=True)
    for name, (table, columns) in _ASKED_FOR.items():
        op.create_index(name, table, columns)
    op.create_table(
        "tags",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("run_id", sa.String, sa.ForeignKey("runs.id"), primary_key=True),
    )
    op.create_index("ix_tags_run_id", "tags", ["run_id"])
    op.create_table(
        "raw_references",
        sa.Column(
            "case_number",
            sa.Integer,
            sa.ForeignKey("cases.number", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("sha256", sa.String, nullable=False),
    )
    op.create_index("ix_raw_references_sha256", "raw_references", ["sha256"])
    op.create_table(
        "raw_data",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("kept", time, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
