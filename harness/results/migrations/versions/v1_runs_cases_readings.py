"""The first schema: runs, their cases, and the readings of each case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_TEXTS = (
    "status",
    "target_id",
    "target_title",
    "core",
    "fidelity",
    "kernel_set",
    "variant",
    "model",
    "started",
    "finished",
    "tool_versions",
)
_COUNTS = ("warmup", "repeats")
_OPTIONAL_TEXTS = (
    "error_class",
    "error_message",
    "model_sha256",
    "dataset",
    "dataset_sha256",
    "build_id",
    "compiler",
    "flags",
    "library_name",
    "library_version",
    "library_tree_hash",
    "counter_name",
)
_OPTIONAL_COUNTS = (
    "image_crc32",
    "image_bytes",
    "inputs",
    "clock_hz",
    "arena_bytes",
    "arena_lower_bound",
    "weight_bytes",
    "firmware_flash_bytes",
    "firmware_ram_bytes",
    "macs",
    "link_interrupts",
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "harness_schema",
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("started", "command_line")),
        sa.Column("git_commit", sa.String),
        sa.Column("git_dirty", sa.BigInteger),
        *(sa.Column(name, sa.String, nullable=False) for name in ("host", "harness_version")),
    )
    op.create_table(
        "cases",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String, sa.ForeignKey("runs.id"), nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _COUNTS),
        *(sa.Column(name, sa.String) for name in _OPTIONAL_TEXTS),
        *(sa.Column(name, sa.BigInteger) for name in _OPTIONAL_COUNTS),
        sa.Column("counter_resolution", sa.Double),
    )
    op.create_index("ix_cases_run_id", "cases", ["run_id"])
    op.create_table(
        "readings",
        sa.Column(
            "case_number",
            sa.Integer,
            sa.ForeignKey("cases.number", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("quantity", sa.String, nullable=False),
        *(sa.Column(name, sa.String) for name in ("reason", "unit", "fidelity")),
        *(sa.Column(name, sa.String) for name in ("instrument", "method")),
        *(sa.Column(name, sa.Double) for name in ("value", "minimum", "maximum", "resolution")),
        sa.Column("n", sa.BigInteger),
    )
