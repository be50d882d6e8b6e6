"""Networks of all operators on one simulated board: started once, an image written for each."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from builders.compiled_operator import CompiledOperator
from builders.operator_models import MODELS
from devices.mps2_firmware import needs_qemu
from hypothesis import HealthCheck, Phase, given, settings

from harness import assembly
from harness.domain.measurement import Measurement

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
_LONG = "HARNESS_FUZZ_EXAMPLES" in os.environ
_OF_EACH = 20 if _LONG else 1


def drawn(name: str) -> list[bytes]:
    """The largest networks of an operator with one input, the same in each session."""
    found: list[bytes] = []

    @settings(
        max_examples=4 * _OF_EACH + 20, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=MODELS[name])
    def collect(case: CompiledOperator) -> None:
        if len(case.inputs) == 1:
            found.append(case.tflite)

    collect()
    return sorted(set(found), key=len)[-_OF_EACH:]


def test_all_operators_equal_litert_in_one_session(tmp_path: Path) -> None:
    paths = []
    for name in MODELS:
        for number, content in enumerate(drawn(name)):
            paths.append(tmp_path / f"{name.lower()}-{number}.tflite")
            paths[-1].write_bytes(content)
    assert {path.stem.rpartition("-")[0].upper() for path in paths} == set(MODELS)
    cases = assembly.plan(
        targets=["mps2-an500"],
        kernel_sets=["cmsis-nn"],
        models=[str(path) for path in paths],
        dataset="random:2",
    )
    outcome = assembly.Bench(str(tmp_path / "harness.db")).measure_kernels(cases)
    ended = {}
    for record in outcome.records:
        equal = record.reading("vectors_equal")
        assert record.status == "ok", (record.model, record.error_message)
        assert isinstance(equal, Measurement), (record.model, equal)
        ended[record.model] = equal.value
    assert ended == {path.stem: 2 for path in paths}
