"""Several inputs and outputs, a state, and other types than int8, on one simulated board."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from builders.tflite_builder import TfliteModel
from devices.mps2_firmware import needs_qemu

from harness import assembly
from harness.domain.measurement import Measurement

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]


def several() -> bytes:
    """Two inputs, uint8 and real; two outputs, real and uint8."""
    model = TfliteModel()
    a = model.tensor((1, 4, 6), "uint8", 0.5, 131, name="a")
    real = model.tensor((1, 2, 6), "float32", name="real")
    b = model.tensor((1, 2, 6), "uint8", 0.25, 120)
    p, q, r = (model.tensor((1, 2, 6), "uint8", 0.5, 131) for _ in range(3))
    y = model.tensor((1, 2, 6), "uint8", 0.9, 128)
    told = model.tensor((1, 2, 6), "float32", name="told")
    z = model.tensor((1, 2, 2, 6), "uint8", 0.5, 131, name="z")
    axis = model.tensor((), "int32", data=np.int32(1))
    model.operator("QUANTIZE", [real], [b])
    model.operator("SPLIT", [axis, a], [p, q], num_splits=2)
    model.operator("QUANTIZE", [b], [r])
    model.operator("ADD", [p, r], [y])
    model.operator("PACK", [q, r], [z], values_count=2, axis=1)
    model.operator("DEQUANTIZE", [y], [told])
    return model.build([a, real], [told, z])


def remembering() -> bytes:
    """SVDF of six filters that remember five inputs."""
    rng, model = np.random.default_rng(3), TfliteModel()
    x = model.tensor((1, 8), "int8", 0.05, -4, name="x")
    weights = rng.integers(-127, 128, (6, 8))
    feature = model.tensor((6, 8), "int8", 0.02, 0, weights, name="feature")
    times = rng.integers(-9000, 9000, (6, 5))
    time = model.tensor((6, 5), "int16", 0.0003, 0, times, name="time")
    bias = model.tensor((3,), "int32", 0.01, 0, [10, -2000, 400], name="bias")
    state = model.tensor((1, 30), "int16", 0.001, name="state", variable=True)
    y = model.tensor((1, 3), "int8", 0.3, -5, name="y")
    model.operator(
        "SVDF", [x, feature, time, bias, state], [y], rank=2, version=3,
        fused_activation_function="RELU",
    )  # fmt: skip
    return model.build([x], [y])


@pytest.mark.parametrize("dataset", ["random:4", "sequence:random:4"])
def test_they_equal_litert(tmp_path: Path, dataset: str) -> None:
    paths = [tmp_path / "several.tflite", tmp_path / "remembering.tflite"]
    for path, content in zip(paths, (several(), remembering()), strict=True):
        path.write_bytes(content)
    cases = assembly.plan(
        targets=["mps2-an500"],
        kernel_sets=["cmsis-nn"],
        models=[str(path) for path in paths],
        dataset=dataset,
    )
    outcome = assembly.Bench(str(tmp_path / "harness.db")).measure_kernels(cases)
    ended = {}
    for record in outcome.records:
        assert record.status == "ok", (record.model, record.error_message)
        equal = record.reading("vectors_equal")
        assert isinstance(equal, Measurement), (record.model, equal)
        ended[record.model] = equal.value
    assert ended == {"several": 4, "remembering": 4}
