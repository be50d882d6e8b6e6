"""The published models: multiply-accumulates, sizes, arenas, and every tensor of one input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from image_interpreter import run

from harness.domain.network import Network
from harness.model import (
    HostReference,
    compile_image,
    decode_image,
    operator_costs,
    read_tflite,
)

FOLDER = "models/mlperf-tiny"


@dataclass(frozen=True)
class Published:
    file: str
    operators: int
    macs: int
    arena: int  # with the scratch that CMSIS-NN needs on Cortex-M7


# MACs of the four MLPerf models as the benchmark's authors count them; arenas are lower bounds.
MODELS = [
    Published("kws_ref_model", 13, 2_656_768, 17_152),
    Published("pretrainedResnet_quant", 16, 12_501_632, 49_728),
    Published("vww_96_int8", 31, 7_489_664, 55_296),
    Published("ad01_int8", 10, 264_192, 768),
    Published("str_ww_ref_model", 11, 826_368, 7_936),
]


@pytest.fixture(params=MODELS, ids=lambda model: model.file)
def published(request: pytest.FixtureRequest) -> Published:
    model: Published = request.param
    return model


@pytest.fixture
def network(published: Published, test_data: Path) -> Network:
    return read_tflite(test_data / FOLDER / f"{published.file}.tflite")


def dsp_scratch(network: Network) -> list[int]:
    """What CMSIS-NN's buffer-size functions say for cores with DSP: 16-bit columns."""
    needs = []
    for operator in network.operators:
        shapes = [network.tensors[i].shape for i in operator.inputs if i >= 0]
        need = 0
        if operator.name == "CONV_2D" and shapes[1][1:3] != (1, 1):
            columns = int(np.prod(shapes[1][1:]))
            need = 2 * 2 * (columns + -columns % 4)
        elif operator.name == "DEPTHWISE_CONV_2D" and shapes[0][3] == shapes[1][3]:
            need = 2 * int(np.prod(shapes[1]))
        elif operator.name == "AVERAGE_POOL_2D":
            need = 4 * shapes[0][3]
        needs.append(need)
    return needs


def test_macs_and_sizes(published: Published, network: Network) -> None:
    image = compile_image(network)
    assert len(image.operators) == published.operators
    assert image.macs == published.macs
    costs = operator_costs(network)
    assert sum(cost.macs or 0 for cost in costs) == published.macs
    assert [c.name for c in costs] == [o.name for o in image.operators]
    slack = len(image.data) - image.weight_bytes - image.quantization_bytes
    # Header, 32 bytes for each tensor, 92 for the longest record, and up to 15 behind a constant.
    constants = sum(t.data is not None for t in network.tensors)
    assert slack <= 96 + 32 * len(network.tensors) + 92 * len(network.operators) + 15 * (
        constants + 1
    )
    assert decode_image(image.data).arena_bytes == image.arena_bytes


def test_arena_with_scratch_meets_the_lower_bound(published: Published, network: Network) -> None:
    scratch = dsp_scratch(network)
    image = compile_image(network, scratch=scratch)
    assert image.scratch == tuple(scratch)
    assert image.arena_bytes == image.arena_lower_bound == published.arena
    everything = compile_image(network, scratch=scratch, preserve_all_tensors=True)
    assert everything.arena_bytes <= 1.05 * everything.arena_lower_bound


def test_every_tensor_of_one_input(published: Published, network: Network) -> None:
    scratch = dsp_scratch(network)
    decoded = decode_image(compile_image(network, scratch=scratch).data)
    shape = network.tensors[network.inputs[0]].shape
    value = np.random.default_rng(7).integers(-128, 128, shape).astype(np.int8)
    expected = HostReference(Path(network.source)).tensors(value)
    for operator, out in zip(network.operators, run(decoded, value), strict=True):
        want = expected[operator.outputs[0]].astype(int).ravel()
        step = 1 if operator.name == "SOFTMAX" else 0
        assert np.abs(out.astype(int).ravel() - want).max() <= step, operator


def test_costs_per_operator(test_data: Path) -> None:
    costs = operator_costs(read_tflite(test_data / FOLDER / "kws_ref_model.tflite"))
    first, second = costs[0], costs[1]
    assert (first.index, first.name) == (0, "CONV_2D")
    assert (first.inputs, first.outputs) == (((1, 49, 10, 1),), ((1, 25, 5, 64),))
    assert first.macs == 25 * 5 * 64 * 10 * 4
    assert first.weight_bytes == 64 * 10 * 4 + 64 * 4
    assert (second.name, second.macs) == ("DEPTHWISE_CONV_2D", 25 * 5 * 64 * 3 * 3)


def test_golden_outputs(test_data: Path) -> None:
    rows = (test_data / "sets/kws01/y_labels.csv").read_text().split()[:20]
    inputs = np.stack(
        [np.fromfile(test_data / "sets/kws01" / row.split(",")[0], np.int8) for row in rows]
    )
    golden = np.load(test_data / "golden/kws01.npy")[:20]
    reference = HostReference(test_data / FOLDER / "kws_ref_model.tflite")
    assert np.array_equal(reference.outputs(inputs), golden.reshape(20, -1))


@pytest.mark.parametrize(
    ("file", "opcodes"),
    [
        ("arm-kws/cnn_s_quantized", {22, 25, 3, 9}),
        ("arm-kws/dnn_s_quantized", {25, 9}),
        ("arm-kws/ds_cnn_s_quantized", {1, 22, 25, 3, 4, 9}),
        ("arm-kws/ds_cnn_s_int16", {0x101, 22, 0x119, 0x103, 0x104, 0x109}),
        ("arm-kws/basic_lstm_quantized_small", {0, 9, 14, 18, 22, 25, 28, 39, 49}),
        ("arm-mask/lightly_resnet9", {0, 18, 34, 0x201, 0x203, 0x209}),
    ],
)
def test_models_with_other_types_and_edges(file: str, opcodes: set[int], test_data: Path) -> None:
    image = compile_image(read_tflite(test_data / "models" / f"{file}.tflite"))
    assert {operator.opcode for operator in image.operators} == opcodes
    assert {one.dtype.name for one in (*image.inputs, *image.outputs)} <= {"INT8", "INT16"}


def test_operators_without_lowering_have_no_macs(test_data: Path) -> None:
    costs = operator_costs(read_tflite(test_data / "models/arm-kws/cnn_s_quantized.tflite"))
    assert costs[-1].name == "DEQUANTIZE"
    assert costs[-1].macs is None
    assert any(cost.name == "CONV_2D" and cost.macs for cost in costs)
