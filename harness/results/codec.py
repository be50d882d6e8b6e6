"""Records to rows and back, field by field of the same name; nothing is taken back unchecked."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_type_hints

from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.record import CaseRecord, CaseStatus, RunInfo
from harness.domain.selection import StoredCase
from harness.domain.units import Fidelity, Unit
from harness.errors import CorruptRecord
from harness.results.kernels_codec import kernels_from_json, kernels_to_json
from harness.results.schema import CaseRow, RawReferenceRow, ReadingRow, RunRow

_T = TypeVar("_T")
_HINT = "Delete this row, or restore the file from a copy."


def run_to_row(run: RunInfo) -> RunRow:
    """Return the row of a run."""
    return RunRow(**{field.name: _to_column(getattr(run, field.name)) for field in fields(run)})


def case_to_row(run_id: str, case_id: str, record: CaseRecord) -> CaseRow:
    """Return the row of a case, its readings and references attached."""
    columns = {field.name: _to_column(getattr(record, field.name)) for field in fields(record)}
    columns["tool_versions"] = json.dumps(dict(record.tool_versions))
    columns["operator_kernels"] = kernels_to_json(record.operator_kernels)
    columns["readings"] = [
        _reading_to_row(position, reading) for position, reading in enumerate(record.readings)
    ]
    columns["raw"] = [RawReferenceRow(kind=kind, sha256=sha256) for kind, sha256 in record.raw]
    return CaseRow(run_id=run_id, id=case_id, **columns)


def run_from_row(row: RunRow, where: str) -> RunInfo:
    """Return the run of a row.

    Raises:
        CorruptRecord: a column does not hold what it should.
    """
    return _rebuild(RunInfo, row, {}, f"{where}, run {row.number}")


def stored_from_row(row: CaseRow, run: RunInfo, where: str) -> StoredCase:
    """Return the case of a row with its id and `run`.

    Raises:
        CorruptRecord: a column does not hold what it should.
    """
    if row.id is None:
        raise _corrupt("id", row.id, f"{where}, case {row.number}")
    return StoredCase(row.id, run, case_from_row(row, where))


def case_from_row(row: CaseRow, where: str) -> CaseRecord:
    """Return the case of a row.

    Raises:
        CorruptRecord: a column does not hold what it should.
    """
    place = f"{where}, case {row.number}"
    try:
        versions = json.loads(row.tool_versions)
        ready: dict[str, Any] = {
            "tool_versions": tuple((str(name), str(text)) for name, text in versions.items()),
            "readings": tuple(_reading_from_row(reading, place) for reading in row.readings),
            "raw": tuple((reference.kind, reference.sha256) for reference in row.raw),
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise _corrupt("tool_versions", row.tool_versions, place) from error
    try:
        ready["operator_kernels"] = kernels_from_json(row.operator_kernels)
    except (ValueError, TypeError) as error:
        raise _corrupt("operator_kernels", row.operator_kernels, place) from error
    return _rebuild(CaseRecord, row, ready, place)


def _reading_to_row(position: int, reading: Reading) -> ReadingRow:
    columns = {field.name: _to_column(getattr(reading, field.name)) for field in fields(reading)}
    return ReadingRow(position=position, **columns)


def _reading_from_row(row: ReadingRow, place: str) -> Reading:
    place = f"{place}, reading {row.position}"
    if row.reason is None:
        return _rebuild(Measurement, row, {}, place)
    return _rebuild(Missing, row, {}, place)


def _to_column(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return int(value) if isinstance(value, bool) else value


def _rebuild(kind: type[_T], row: object, ready: dict[str, Any], place: str) -> _T:
    """Build `kind` from the columns that have its fields' names, each checked against its type."""
    values = dict(ready)
    for name, hint in _hints_of(cast("Hashable", kind)).items():
        if name not in values:
            column = getattr(row, name)
            try:
                values[name] = _from_column(column, hint)
            except (ValueError, TypeError) as error:
                raise _corrupt(name, column, place) from error
    try:
        return kind(**values)
    except ValueError as error:
        raise CorruptRecord(
            f"the record contradicts itself: {error}", where=place, hint=_HINT
        ) from error


@cache
def _hints_of(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _from_column(value: object, hint: Any) -> object:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None:
        if type(None) in kinds:
            return None
        raise ValueError("null")
    kind = kinds[0]
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    if kind in (CaseStatus, Fidelity, Unit):
        return kind(value)
    if kind is bool and value in (0, 1):
        return bool(value)
    if kind is float and isinstance(value, int | float):
        return float(value)
    if type(value) is kind:
        return value
    raise TypeError(f"{type(value).__name__} where {kind.__name__} should be")


def _corrupt(name: str, value: object, place: str) -> CorruptRecord:
    shown = repr(value)[:60]
    return CorruptRecord(f"column `{name}` holds {shown}", where=place, hint=_HINT)
