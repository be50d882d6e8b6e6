"""The clock that a chip's revision allows, set by the board's own firmware and recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from devices.virtual_board import needs_unicorn

from harness import assembly
from harness.assembly.rigs import rig
from harness.bench.case import run_case
from harness.bench.prepare import prepare
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord


def run_on(revision: str, build: str = "O2") -> CaseRecord:
    """One inference on a virtual chip of this revision."""
    (case,) = assembly.plan(
        targets=["openmv-h7-virtual"],
        models=["mlp-digits"],
        kernel_sets=["reference"],
        builds=[build],
        limit=1,
    )
    case = replace(case, target=replace(case.target, machine_options={"revision": revision}))
    record, error = run_case(prepare([case], rig().load_dataset)[0], rig(), lambda event: None)
    assert error is None, error
    return record


@needs_unicorn
@pytest.mark.parametrize(("revision", "clock_hz"), [("V", 480_000_000), ("Y", 400_000_000)])
def test_the_revision_decides_and_the_record_tells(revision: str, clock_hz: int) -> None:
    record = run_on(revision)
    assert record.clock_hz == clock_hz
    assert record.incidents is None, "a rate that was refused or failed is one"
    assert "stm32h743xx.h" in dict(record.tool_versions)["device-headers"]
    equal = record.reading("vectors_equal")
    assert isinstance(equal, Measurement)
    assert equal.value == 1


@needs_unicorn
def test_caches_do_not_change_what_is_computed() -> None:
    record = run_on("V", "nocache")
    assert (record.variant, record.clock_hz) == ("nocache", 480_000_000)
    equal = record.reading("vectors_equal")
    assert isinstance(equal, Measurement)
    assert equal.value == 1
