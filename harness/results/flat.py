"""A case with its run as one flat row of plain values, for files, and back with every check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Double, Float, Integer

from harness.domain.measurement import Measurement
from harness.domain.selection import StoredCase
from harness.errors import CorruptRecord
from harness.results import codec
from harness.results.schema import CaseRow, RawReferenceRow, ReadingRow, RunRow

Row = dict[str, Any]

_RUN = {
    f"run_{column.key}": column for column in RunRow.__table__.columns if column.key != "number"
}
_CASE = {
    "case_id" if column.key == "id" else column.key: column
    for column in CaseRow.__table__.columns
    if column.key not in {"number", "run_id"}
}
_READING = [
    column.key
    for column in ReadingRow.__table__.columns
    if column.key not in {"case_number", "position"}
]
# Files of older harnesses have no such columns: they were added by a migration, after exports.
LATER = {"board_serial", "caches", "protocol_version"}
NESTED = ("tool_versions", "operator_kernels", "readings", "raw")
COLUMNS: dict[str, type[float] | type[int] | type[str]] = {
    name: float
    if isinstance(column.type, Float | Double)
    else int
    if isinstance(column.type, Integer | BigInteger)
    else str
    for name, column in {**_RUN, **_CASE}.items()
} | dict.fromkeys(NESTED, str)


def to_row(stored: StoredCase) -> Row:
    """A value for each of `COLUMNS`; those of `NESTED` are objects and arrays, or None."""
    run = codec.run_to_row(stored.run)
    case = codec.case_to_row(stored.run.id, stored.id, stored.record)
    row = {name: getattr(run, column.key) for name, column in _RUN.items()}
    row |= {name: getattr(case, column.key) for name, column in _CASE.items()}
    for name in ("tool_versions", "operator_kernels"):
        row[name] = None if row[name] is None else json.loads(row[name])
    row["readings"] = [
        {key: value for key in _READING if (value := getattr(one, key)) is not None}
        for one in case.readings
    ]
    row["raw"] = dict(stored.record.raw)
    return row


def from_row(row: Mapping[str, Any], where: str) -> StoredCase:
    """The case of a row that `to_row` made; columns that are none of it are left out.

    Raises:
        CorruptRecord: a column is missing, or does not hold what it should.
    """
    try:
        run = RunRow(number=0, **{column.key: row[name] for name, column in _RUN.items()})
        columns = {
            column.key: row.get(name) if name in LATER else row[name]
            for name, column in _CASE.items()
        }
        for name in ("tool_versions", "operator_kernels"):
            columns[name] = None if row[name] is None else json.dumps(row[name])
        case = CaseRow(number=0, **columns)
        case.readings = [
            ReadingRow(position=position, **dict.fromkeys(_READING) | {k: one[k] for k in one})
            for position, one in enumerate(row["readings"])
        ]
        if not all(isinstance(sha256, str) for sha256 in row["raw"].values()):
            raise TypeError("raw")
        case.raw = [RawReferenceRow(kind=k, sha256=v) for k, v in sorted(row["raw"].items())]
    except (KeyError, TypeError, AttributeError) as error:
        raise CorruptRecord(
            f"the row is no case of the harness ({error})",
            where=where,
            hint="Give a file that `harness results export` wrote.",
        ) from error
    return codec.stored_from_row(case, codec.run_from_row(run, where), where)


def values_of(stored: StoredCase) -> dict[str, float]:
    """The measured values by quantity, for columns that people read; nothing is read back of it."""
    return {
        reading.quantity: reading.value
        for reading in stored.record.readings
        if isinstance(reading, Measurement)
    }


def as_text(row: Row) -> Row:
    """The row with the columns of `NESTED` as JSON text, for files of plain cells."""
    return row | {name: None if row[name] is None else _dumps(row[name]) for name in NESTED}


def from_text(cells: Mapping[str, Any], where: str) -> StoredCase:
    """The case of a row that `as_text` made.

    Raises:
        CorruptRecord: as `from_row`, or no JSON.
    """
    row = dict(cells)
    for name in NESTED:
        try:
            row[name] = None if row.get(name) is None else json.loads(row[name])
        except (ValueError, TypeError) as error:
            raise CorruptRecord(
                f"column `{name}` holds {row[name]!r:.60}",
                where=where,
                hint="Give a file that `harness results export` wrote.",
            ) from error
    return from_row(row, where)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
