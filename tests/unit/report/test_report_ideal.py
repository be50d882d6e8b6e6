"""Kernel benchmarks in tables: instructions per MAC stand in one row with the core's ideal."""

from __future__ import annotations

import math

import pytest
from builders.records import case_record, counted

from harness.domain.measurement import Measurement, Missing
from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity, Unit
from harness.report import frame, summary_text


def ideal(value: float, core: str, method: str) -> Measurement:
    return Measurement(
        "ideal_per_mac", value, Unit.INSTRUCTIONS, 1, value, value, Fidelity.MODEL, core, method
    )


def record(core: str, value: float, method: str, **changes: object) -> CaseRecord:
    own = (counted(9_000), ideal(value, core, method))
    return case_record(readings=own, macs=1000, core=core, **changes)


def test_the_ideal_is_a_column_and_its_basis_a_line() -> None:
    records = [
        record("Cortex-M3", 1.0, "1 int8 MACs per MLA", target_id="a"),
        record("Cortex-M4", 0.5, "2 int8 MACs per SMLAD", target_id="b"),
        record("Cortex-M55", 0.0625, "16 int8 MACs per VMLADAVA.S8", target_id="c"),
        record("Cortex-M7", 0.5, "2 int8 MACs per SMLAD", target_id="d"),
    ]
    assert list(frame(records)["ideal_per_mac"]) == [1.0, 0.5, 0.0625, 0.5]
    text = summary_text(records, width=120)
    rows = [line.split() for line in text.splitlines() if "(M" in line]
    assert [row[row.index("9.00") :][:2] for row in rows if "9.00" in row] == [
        ["9.00", "1"],
        ["9.00", "0.5"],
        ["9.00", "0.0625"],
        ["9.00", "0.5"],
    ]
    basis = "1 int8 MACs per MLA (Cortex-M3); 2 int8 MACs per SMLAD (Cortex-M4, Cortex-M7); 16 int8"
    assert basis in " ".join(text.split())
    # 7,577,201 cycles of 32 x 32 x 64 x 9 x 64 MACs.
    assert "3x3 0.201" in text
    assert pytest.approx(0.201, abs=5e-4) == 7_577_201 / (32 * 32 * 64 * 9 * 64)


def test_what_silicon_with_helium_does_stands_below_helium_only() -> None:
    text = summary_text([record("Cortex-M7", 0.5, "2 int8 MACs per SMLAD")], width=200)
    assert "published on Cortex-M55" not in text


def test_without_an_ideal_there_is_no_column() -> None:
    assert "ideal_per_mac" not in frame([case_record()])
    assert "ideal" not in summary_text([case_record()], width=200)


def test_a_missing_ideal_has_its_reason() -> None:
    why = Missing("ideal_per_mac", "the model has no multiply-accumulates")
    pooled = case_record(readings=(counted(9_000), why), macs=0)
    table = frame([record("Cortex-M7", 0.5, "2 int8 MACs per SMLAD"), pooled])
    assert math.isnan(table["ideal_per_mac"][1])
    assert table["ideal_per_mac_reason"][1] == why.reason
