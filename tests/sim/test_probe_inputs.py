"""Inputs through the debug probe give what inputs over the link give: counts, outputs and all."""

from __future__ import annotations

import shutil

import pytest
from devices.mps2_firmware import needs_qemu
from devices.virtual_board import needs_unicorn

from harness import assembly
from harness.bench.case import run_case
from harness.bench.events import nobody
from harness.bench.prepare import prepare
from harness.domain.plan import InputsBy
from harness.domain.record import CaseRecord, CaseStatus

pytestmark = pytest.mark.skipif(
    not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"
)


def measured(target: str, inputs_by: InputsBy, inputs: int) -> CaseRecord:
    (case,) = assembly.plan(
        targets=[target],
        kernel_sets=["reference"],
        models=["mlp-digits"],
        dataset=f"random:{inputs}",
        inputs_by=inputs_by,
    )
    rig = assembly.rig()
    record, _ = run_case(prepare([case], rig.load_dataset)[0], rig, nobody)
    assert record.status is CaseStatus.OK, record.error_message
    return record


@pytest.mark.parametrize(
    ("target", "inputs"),
    [
        # 41 samples of 784 bytes fill the pool: the last one is written by itself.
        pytest.param("mps2-an500", 42, marks=needs_qemu),
        pytest.param("openmv-h7-virtual", 3, marks=needs_unicorn),
    ],
)
def test_probe_and_link_measure_the_same(target: str, inputs: int) -> None:
    by_probe = measured(target, InputsBy.PROBE, inputs)
    assert by_probe.readings == measured(target, InputsBy.LINK, inputs).readings
    assert (by_probe.frames_repeated, by_probe.incidents) == (0, None)
