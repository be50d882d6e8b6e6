"""The table of numbers: one row per case, NaN with a reason for what is missing."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from builders.records import (
    NO_LABELS,
    accuracy,
    bare_failed_record,
    case_record,
    counted,
    failed_record,
    readings,
)

from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity, Unit
from harness.report import frame


def silicon(**changes: object) -> CaseRecord:
    """The same case on a board: 3.1 M cycles at 480 MHz."""
    count = counted(3_100_000, unit=Unit.CYCLES, fidelity=Fidelity.SILICON)
    others = tuple(reading for reading in readings() if reading.quantity != "instructions")
    fields: dict[str, object] = {
        "target_id": "nucleo-h743",
        "fidelity": Fidelity.SILICON,
        "clock_hz": 480_000_000,
        "counter_name": "dwt-cyccnt",
        "counter_resolution": 1.0,
        "readings": (count, *others),
    }
    return case_record(**(fields | changes))


def only(record: CaseRecord) -> pd.Series[object]:
    table = frame([record])
    assert len(table) == 1
    return table.iloc[0]


def test_a_row_holds_plain_numbers_and_the_fields_of_the_record() -> None:
    row = only(case_record())
    assert row["model"] == "kws"
    assert row["fidelity"] == "simulated"
    assert row["status"] == "ok"
    assert row["macs"] == 2_656_768
    assert row["instructions"] == row["instructions_min"] == row["instructions_max"] == 7_628_160
    assert row["instructions_n"] == 1000
    assert row["accuracy"] == 0.901
    assert row["accuracy_correct"] == 901
    assert row["vectors_equal"] == 991
    assert row["largest_difference"] == 1
    assert row["instructions_per_mac"] == pytest.approx(2.8712, abs=5e-5)
    assert row["tools"] == "harness 0.1.0; pyocd 0.36.0; qemu 7.2.5"


def test_number_columns_are_numeric_whatever_is_missing() -> None:
    table = frame([bare_failed_record(), case_record(readings=readings(NO_LABELS))])
    for name in ("macs", "clock_hz", "instructions", "accuracy", "arena_bytes", "speedup"):
        assert pd.api.types.is_numeric_dtype(table[name]), name
    alone = frame([bare_failed_record()])
    assert pd.api.types.is_numeric_dtype(alone["macs"])


def test_what_is_missing_is_nan_with_the_reason_and_never_a_number() -> None:
    row = only(case_record(readings=readings(NO_LABELS)))
    assert math.isnan(row["accuracy"])
    assert math.isnan(row["accuracy_correct"])
    assert row["accuracy_reason"] == "no labels"
    assert not isinstance(row["instructions_reason"], str)


def test_a_failed_case_has_no_measured_number() -> None:
    row = only(failed_record())
    for quantity in ("instructions", "accuracy", "vectors_equal", "largest_difference", "speedup"):
        assert math.isnan(row[quantity])
        assert row[f"{quantity}_reason"] == "the case failed: SimulatorDied"
    assert math.isnan(row["instructions_per_mac"])
    assert row["firmware_flash_bytes"] == 24_576  # known before it failed


def test_a_simulated_table_has_no_column_of_another_unit() -> None:
    table = frame([case_record(), failed_record()])
    assert not [name for name in table.columns if "cycle" in name or "latency" in name]


def test_units_never_share_a_column() -> None:
    table = frame([case_record(), silicon()])
    simulated, board = table.iloc[0], table.iloc[1]
    assert (simulated["instructions"], board["cycles"]) == (7_628_160, 3_100_000)
    assert math.isnan(simulated["cycles"])
    assert math.isnan(simulated["latency_ms"])
    assert simulated["cycles_reason"] == "a simulator counts instructions, not time"
    assert math.isnan(board["instructions"])
    assert board["instructions_reason"] == "a board's counter does not count instructions"


def test_latency_is_cycles_by_the_clock() -> None:
    assert only(silicon())["latency_ms"] == pytest.approx(3_100_000 / 480_000_000 * 1000)
    row = only(silicon(clock_hz=None))
    assert math.isnan(row["latency_ms"])
    assert row["latency_ms_reason"] == "the clock is not known"


def test_a_model_without_macs_has_no_ratio() -> None:
    row = only(case_record(macs=0))
    assert math.isnan(row["instructions_per_mac"])
    assert row["instructions_per_mac_reason"] == "the model has no multiply-accumulates"


def test_an_empty_table_has_no_rows() -> None:
    assert len(frame([])) == 0


def reference(count: float = 31_000_000, **changes: object) -> CaseRecord:
    fields: dict[str, object] = {
        "kernel_set": "reference",
        "readings": readings(counted(count)),
    }
    return case_record(**(fields | changes))


def test_speed_up_is_the_references_count_by_ones_own() -> None:
    table = frame([case_record(), reference()])
    assert list(table["speedup"]) == pytest.approx([31_000_000 / 7_628_160, 1.0])


@pytest.mark.parametrize(
    "changes",
    [
        {"target_id": "mps2-an386"},
        {"model": "other"},
        {"model_sha256": "00" * 32},
        {"variant": "O3"},
        {"dataset_sha256": "00" * 32},
        {"inputs": 100},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_only_the_same_case_is_compared(changes: dict[str, object]) -> None:
    row = frame([case_record(), reference(**changes)]).iloc[0]
    assert math.isnan(row["speedup"])
    assert row["speedup_reason"] == (
        "no case of `reference` with the same model, target, build and inputs"
    )


@pytest.mark.parametrize(
    "changes", [{"compiler": "gcc 13"}, {"clock_hz": 1}, {"counter_name": "dwt-cyccnt"}]
)
def test_other_conditions_are_not_compared(changes: dict[str, object]) -> None:
    row = frame([case_record(), reference(**changes)]).iloc[0]
    assert math.isnan(row["speedup"])
    assert row["speedup_reason"] == "`reference` has another compiler, clock or counter"


def test_a_failed_reference_is_the_reason() -> None:
    row = frame([case_record(), failed_record(kernel_set="reference")]).iloc[0]
    assert math.isnan(row["speedup"])
    assert row["speedup_reason"] == "`reference` has no count: the case failed: SimulatorDied"


def test_a_count_of_zero_divides_nothing() -> None:
    row = frame([case_record(readings=readings(counted(0))), reference()]).iloc[0]
    assert math.isnan(row["speedup"])
    assert row["speedup_reason"] == "the count is 0"


def test_correct_answers_are_counted_exactly() -> None:
    """0.58 * 100 is 57.99999999999999 in floating point."""
    assert only(case_record(readings=readings(accuracy(0.58, 100))))["accuracy_correct"] == 58
