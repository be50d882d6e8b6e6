"""Records as a pandas table: one row per case, plain numbers, and a reason where one is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from harness.domain.fallback import FALLBACK_SHARE
from harness.domain.kernel_code import NEEDED_FLASH
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.quantities import ENERGY, MEAN_CURRENT, OF_A_METER
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.units import Fidelity, Unit
from harness.report.fallback import fell_back, heading_of, share_of
from harness.report.speedup import speedups

COUNTED = {Fidelity.SIMULATED: Unit.INSTRUCTIONS, Fidelity.SILICON: Unit.CYCLES}
_OTHERS_COUNT = {
    Unit.INSTRUCTIONS: "a board's counter does not count instructions",
    Unit.CYCLES: "a simulator counts instructions, not time",
}
NO_ENERGY_SIMULATED = "a simulator counts instructions: neither time nor energy follows from them"
_NOT_COLUMNS = {"readings", "tool_versions", "operator_kernels", "raw"}


def frame(records: Sequence[CaseRecord]) -> pd.DataFrame:
    """Return one row per record, in order.

    Columns: every single-valued field of `CaseRecord`; the readings as `<quantity>` with `_min`,
    `_max` and `_n`; `accuracy_correct`; `<unit>_per_mac`; `speedup` over the kernel set
    `reference`; `latency_ms` on silicon; what a power meter told, in SI units, where one measured
    silicon; `ideal_per_mac` where a kernel benchmark is among the
    records; `fallback_share`, `fallback_operators` and `heading` (what the row shows in place of
    the kernel set) where an operator fell back; `tools`. A number that is missing is NaN, and then
    `<column>_reason` says why. Columns for a unit exist only where a record of its fidelity does.
    """
    units = units_of(records)
    ideals = any(isinstance(record.reading("ideal_per_mac"), Measurement) for record in records)
    shares = any(map(fell_back, records))
    metered = has_energy(records)
    rows = [
        _row(record, ratio, units, ideals)
        | (_fallback(record) if shares else {})
        | (_energy(record) if metered else {})
        for record, ratio in zip(records, speedups(records), strict=True)
    ]
    table = pd.DataFrame(rows)
    for name in table.columns:
        if name in _number_fields() or any(isinstance(row[name], float) for row in rows):
            table[name] = pd.to_numeric(table[name])
    return table


def units_of(records: Sequence[CaseRecord]) -> list[Unit]:
    """The units in which the targets of `records` count, in a fixed order."""
    found = {COUNTED.get(record.fidelity) for record in records}
    return [unit for unit in COUNTED.values() if unit in found]


def counted(record: CaseRecord, unit: Unit) -> Reading:
    """The record's count in `unit`, or why it has none."""
    if COUNTED.get(record.fidelity) is not unit:
        return Missing(unit.value, _OTHERS_COUNT[unit])
    return record.reading(unit.value)


def has_energy(records: Sequence[CaseRecord]) -> bool:
    """Whether the energy of any of them was measured on silicon."""
    return any(
        isinstance(found := record.reading(ENERGY), Measurement)
        and found.fidelity is Fidelity.SILICON
        for record in records
    )


def energy_of(record: CaseRecord, name: str) -> Reading:
    """What a meter told of silicon, or why there is nothing."""
    if record.status is CaseStatus.OK and record.fidelity is not Fidelity.SILICON:
        return Missing(name, NO_ENERGY_SIMULATED)
    found = record.reading(name)
    if isinstance(found, Missing) and found.reason == "not recorded":
        energy = record.reading(ENERGY)
        known = isinstance(energy, Missing) and energy.reason != found.reason
        return energy if known else Missing(name, "no power meter")
    return found


def _energy(record: CaseRecord) -> dict[str, Any]:
    spread = {ENERGY, MEAN_CURRENT}
    return {
        key: value
        for name in OF_A_METER
        for key, value in _columns(name, energy_of(record, name), spread=name in spread).items()
    }


def _fallback(record: CaseRecord) -> dict[str, Any]:
    share = share_of(record)
    fallen = dict.fromkeys(one.operator for one in record.operator_kernels if one.fallback)
    return {
        **_columns(FALLBACK_SHARE, share, spread=False),
        "fallback_operators": "; ".join(fallen),
        "heading": heading_of(record),
    }


def _row(record: CaseRecord, speedup: Reading, units: list[Unit], ideals: bool) -> dict[str, Any]:
    row = {
        field.name: _plain(getattr(record, field.name))
        for field in fields(record)
        if field.name not in _NOT_COLUMNS
    }
    row["tools"] = "; ".join(f"{name} {version}" for name, version in record.tool_versions)
    for unit in units:
        count = counted(record, unit)
        row |= _columns(unit.value, count)
        row |= _number(f"{unit.value}_per_mac", *_per_mac(record, count))
    if Unit.CYCLES in units:
        row |= _number("latency_ms", *_latency_ms(record))
    if ideals:
        row |= _columns("ideal_per_mac", record.reading("ideal_per_mac"), spread=False)
    accuracy = record.reading("accuracy")
    row |= _columns("accuracy", accuracy)
    row["accuracy_correct"] = (
        float(round(accuracy.value * accuracy.n))
        if isinstance(accuracy, Measurement)
        else float("nan")
    )
    for quantity in ("vectors_equal", "largest_difference"):
        row |= _columns(quantity, record.reading(quantity))
    row |= _columns(NEEDED_FLASH, record.reading(NEEDED_FLASH), spread=False)
    return row | _columns("speedup", speedup, spread=False)


def _columns(name: str, reading: Reading, spread: bool = True) -> dict[str, Any]:
    if isinstance(reading, Missing):
        nothing = float("nan")
        more = {"_min": nothing, "_max": nothing, "_n": nothing} if spread else {}
        value, reason = nothing, reading.reason
    else:
        low, high, n = reading.minimum, reading.maximum, float(reading.n)
        more = {"_min": low, "_max": high, "_n": n} if spread else {}
        value, reason = reading.value, None
    return _number(name, value, reason) | {name + end: part for end, part in more.items()}


def _number(name: str, value: float, reason: str | None) -> dict[str, Any]:
    return {name: value, f"{name}_reason": reason}


def _per_mac(record: CaseRecord, count: Reading) -> tuple[float, str | None]:
    if isinstance(count, Missing):
        return float("nan"), count.reason
    if not record.macs:
        return float("nan"), "the model has no multiply-accumulates"
    return count.value / record.macs, None


def _latency_ms(record: CaseRecord) -> tuple[float, str | None]:
    count = counted(record, Unit.CYCLES)
    if isinstance(count, Missing):
        return float("nan"), count.reason
    if not record.clock_hz:
        return float("nan"), "the clock is not known"
    return count.value / record.clock_hz * 1e3, None


def _plain(value: object) -> object:
    return value.value if isinstance(value, CaseStatus | Fidelity) else value


def _number_fields() -> set[str]:
    return {
        field.name for field in fields(CaseRecord) if str(field.type).startswith(("int", "float"))
    }
