"""JSON for other programs: every record with its provenance, as `results/README.md` describes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from harness.domain.measurement import Measurement, Reading
from harness.domain.record import CaseRecord
from harness.report.fallback import heading_of
from harness.report.speedup import speedups

SCHEMA = 1


def render(
    records: Sequence[CaseRecord], timings: Sequence[Mapping[str, float]] | None = None
) -> str:
    """Return an object of `schema` and `cases`; what is missing is null or has a `reason`.

    `timings` are seconds by stage, for each record; they become its `timings_s`.
    """
    cases = [_case(record, ratio) for record, ratio in zip(records, speedups(records), strict=True)]
    for case, seconds in zip(cases, timings or (), strict=timings is not None):
        case["timings_s"] = dict(seconds)
    return json.dumps(
        {"schema": SCHEMA, "cases": cases}, indent=2, ensure_ascii=False, allow_nan=False
    )


def _case(record: CaseRecord, speedup: Reading) -> dict[str, Any]:
    case = {name: _plain(value) for name, value in asdict(record).items()}
    case["tool_versions"] = dict(record.tool_versions)
    case["raw"] = dict(record.raw)
    case["readings"] = {reading.quantity: _reading(reading) for reading in record.readings}
    case["speedup"] = speedup.value if isinstance(speedup, Measurement) else None
    case["heading"] = heading_of(record)
    return case


def _reading(reading: Reading) -> dict[str, Any]:
    plain = asdict(reading)
    del plain["quantity"]
    return plain


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
