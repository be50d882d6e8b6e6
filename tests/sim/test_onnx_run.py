"""A network as onnxruntime quantises it runs on a simulated board, equal to the host reference."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from builders.onnx_models import answers, quantised_by_onnxruntime
from devices.mps2_firmware import needs_qemu

from harness import assembly
from harness.domain.measurement import Measurement
from harness.domain.record import CaseStatus
from harness.model import read_network
from harness.model.front_ends import front_end_of
from harness.results import open_store

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
INPUTS = 8


def test_every_vector_equals_the_reference_and_the_record_says_which(tmp_path: Path) -> None:
    path = quantised_by_onnxruntime(tmp_path)
    network = read_network(path)
    scale = network.tensors[network.inputs[0]].quantization.scales[0]
    real = np.random.default_rng(6).uniform(-1, 1, (INPUTS, 12, 12, 3)).astype(np.float32)
    np.save(tmp_path / "inputs.npy", real)
    cases = assembly.plan(
        targets=["mps2-an500"],
        kernel_sets=["cmsis-nn"],
        models=[str(path)],
        dataset=f"npy:{tmp_path / 'inputs.npy'}",
    )
    store = tmp_path / "kept.db"
    bench = assembly.Bench(store)
    bench.measure(cases)
    (record,) = open_store(str(store)).cases(bench.run_id)
    assert record.status is CaseStatus.OK, record.error_message
    equal = record.reading("vectors_equal")
    assert isinstance(equal, Measurement)
    assert equal.value == INPUTS
    whose = front_end_of(path).compared_with(path)
    assert dict(record.tool_versions)["litert"] == whose.version
    assert "converted by onnx" in whose.version
    # And against real arithmetic, from outside: the class, and the probabilities to two steps.
    codes = np.clip(np.rint(real / scale), -128, 127).astype(np.int8)
    out = network.tensors[network.outputs[0]].quantization
    found = front_end_of(path).reference(path).outputs(codes).astype(float)
    expected = [
        answers(path.read_bytes(), x=np.moveaxis(one, -1, 0)[None].astype(np.float32) * scale)[0]
        for one in codes
    ]
    differences = (found - out.zero_points[0]) * out.scales[0] - np.concatenate(expected)
    assert abs(differences).max() <= 2.01 * out.scales[0]
