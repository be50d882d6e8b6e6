"""The tables of the results database; `results/README.md` describes their columns."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SCHEMA_VERSION = 6

# Times sort as text only where text is compared byte by byte, as SQLite always does.
TIME = String().with_variant(String(collation="C"), "postgresql")


class Base(DeclarativeBase):
    """Integers have 64 bits: MAC counts and check sums exceed 31.

    A change here needs a migration: a file in `migrations/versions`.
    """

    type_annotation_map: ClassVar[dict[type, type]] = {int: BigInteger}


class SchemaRow(Base):
    """One row: the version of this schema."""

    __tablename__ = "harness_schema"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class RunRow(Base):
    """A `RunInfo`, column by field; times are ISO 8601 in UTC."""

    __tablename__ = "runs"

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    started: Mapped[str] = mapped_column(TIME, index=True)
    command_line: Mapped[str]
    git_commit: Mapped[str | None] = mapped_column(index=True)
    git_dirty: Mapped[int | None]
    host: Mapped[str]
    harness_version: Mapped[str]


class TagRow(Base):
    """A name that a user gave to a run; several runs may have it."""

    __tablename__ = "tags"

    name: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True, index=True)


class CaseRow(Base):
    """A `CaseRecord`, column by field; `tool_versions` and `operator_kernels` are JSON.

    `id` is unique wherever the case is copied to.
    """

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_what", "target_id", "model", "kernel_set", "variant"),)

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str | None] = mapped_column(index=True, unique=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    status: Mapped[str]
    target_id: Mapped[str]
    target_title: Mapped[str]
    core: Mapped[str]
    fidelity: Mapped[str]
    kernel_set: Mapped[str]
    variant: Mapped[str]
    model: Mapped[str] = mapped_column(index=True)
    warmup: Mapped[int]
    repeats: Mapped[int]
    started: Mapped[str] = mapped_column(TIME, index=True)
    finished: Mapped[str]
    error_class: Mapped[str | None]
    error_message: Mapped[str | None]
    model_sha256: Mapped[str | None]
    image_crc32: Mapped[int | None]
    image_bytes: Mapped[int | None]
    dataset: Mapped[str | None]
    dataset_sha256: Mapped[str | None]
    inputs: Mapped[int | None]
    build_id: Mapped[str | None]
    compiler: Mapped[str | None]
    flags: Mapped[str | None]
    library_name: Mapped[str | None]
    library_version: Mapped[str | None]
    library_tree_hash: Mapped[str | None]
    tool_versions: Mapped[str]
    clock_hz: Mapped[int | None]
    counter_name: Mapped[str | None]
    counter_resolution: Mapped[float | None]
    readings: Mapped[list[ReadingRow]] = relationship(
        order_by="ReadingRow.position", lazy="selectin", cascade="all, delete-orphan"
    )
    arena_bytes: Mapped[int | None]
    arena_lower_bound: Mapped[int | None]
    weight_bytes: Mapped[int | None]
    firmware_flash_bytes: Mapped[int | None]
    firmware_ram_bytes: Mapped[int | None]
    macs: Mapped[int | None]
    link_interrupts: Mapped[int | None]
    aliases: Mapped[str | None]
    operator_kernels: Mapped[str | None]
    frames_repeated: Mapped[int | None]
    incidents: Mapped[str | None]
    board_serial: Mapped[str | None]
    caches: Mapped[str | None]
    protocol_version: Mapped[int | None]
    raw: Mapped[list[RawReferenceRow]] = relationship(
        order_by="RawReferenceRow.kind", lazy="selectin", cascade="all, delete-orphan"
    )


class ReadingRow(Base):
    """A `Measurement` (then `reason` is null) or a `Missing` (then only `reason` is not)."""

    __tablename__ = "readings"

    case_number: Mapped[int] = mapped_column(
        Integer, ForeignKey("cases.number", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    quantity: Mapped[str]
    reason: Mapped[str | None]
    value: Mapped[float | None]
    unit: Mapped[str | None]
    n: Mapped[int | None]
    minimum: Mapped[float | None]
    maximum: Mapped[float | None]
    fidelity: Mapped[str | None]
    instrument: Mapped[str | None]
    method: Mapped[str | None]
    resolution: Mapped[float | None]


class RawReferenceRow(Base):
    """Raw data of a case, by its content's hash."""

    __tablename__ = "raw_references"

    case_number: Mapped[int] = mapped_column(
        Integer, ForeignKey("cases.number", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)


class RawDataRow(Base):
    """Raw data itself, where it cannot lie in a folder beside the database's file."""

    __tablename__ = "raw_data"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    kept: Mapped[str] = mapped_column(TIME)
    content: Mapped[bytes] = mapped_column(LargeBinary)
