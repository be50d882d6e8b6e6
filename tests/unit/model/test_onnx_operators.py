"""ONNX operators become int8 operators that give what onnxruntime gives in real arithmetic.

onnxruntime computes between DequantizeLinear and QuantizeLinear in single precision and rounds
once, half to even; the integer network rounds a multiplied sum half away from zero, and once more
where an operator's own scale is prescribed. So outputs may differ by 1 in the last place for each
such rounding, rarely: the bound of each case says how many there are, SHARES how often.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders.onnx_models import OnnxModel, answers

from harness.domain.network import Network
from harness.model import compile_image, read_network
from harness.model.front_ends import front_end_of

RNG = np.random.default_rng(20)
SCALE, ZERO = 0.05, 3
Made = tuple[OnnxModel, str]


def weights(*shape: int, channels: int | None = 0) -> tuple[Any, Any]:
    codes = RNG.integers(-127, 128, shape, dtype=np.int8)
    scales = 0.01 if channels is None else 0.01 * RNG.uniform(0.5, 1, shape[channels])
    return codes, scales


def network_of(path: Path, model: OnnxModel, *outputs: str) -> Network:
    path.write_bytes(model.build(*outputs))
    network = read_network(path)
    compile_image(network)
    return network


def compared(path: Path, model: OnnxModel, output: str, count: int = 30) -> tuple[Network, Any]:
    """The network, and the differences of all outputs from onnxruntime's, in the last place."""
    network = network_of(path, model, output)
    sizes = [dim.dim_value for dim in model.inputs[0].type.tensor_type.shape.dim]
    codes = RNG.integers(-128, 128, (count, *sizes)).astype(np.int8)
    device = network.tensors[network.inputs[0]].shape
    same = tuple(sizes) == device
    given = codes if same else np.moveaxis(codes, 2, -1)
    assert given.shape[1:] == device
    found = front_end_of(path).reference(path).outputs(given)
    content = path.read_bytes()
    expected = []
    for one in codes:
        (answer,) = answers(content, x=(one.astype(np.float32) - ZERO) * np.float32(SCALE))
        of_device = network.tensors[network.outputs[0]].shape
        assert answer.shape == of_device or len(set(of_device[1:])) > 1, "the order is not told"
        moved = answer if answer.shape == of_device else np.moveaxis(answer, 1, -1)
        assert moved.shape == of_device
        expected.append(moved.ravel())
    answer = np.array(expected).astype(int)
    if answer.min() >= 0 and answer.max() > 127:  # uint8, which the device has less 128
        answer -= 128
    assert answer.std() > 1, "the case shows nothing"
    return network, found.astype(int) - answer


def start(*shape: int, **more: Any) -> tuple[OnnxModel, str]:
    model = OnnxModel(**more)
    return model, model.input(list(shape), SCALE, ZERO)


def conv(x_shape: tuple[int, ...], f_shape: tuple[int, ...], **options: Any) -> Made:
    model, x = start(*x_shape)
    filters = model.codes(*weights(*f_shape))
    bias = model.constant(RNG.uniform(-1, 1, f_shape[0]).astype(np.float32))
    y = model.node("Conv", [x, filters, bias], **options)
    return model, model.quantized(y, 0.06, -4)[0]


def one(
    kind: str, shape: tuple[int, ...], by: tuple[float, int] = (SCALE, ZERO), **options: Any
) -> Made:
    model, x = start(*shape)
    more = [model.constant(value) for value in options.pop("more", [])]
    return model, model.quantized(model.node(kind, [x, *more], **options), *by)[0]


def two(kind: str, shape: tuple[int, ...], other: tuple[int, ...]) -> Made:
    model, x = start(*shape)
    constant = model.codes(RNG.integers(-128, 128, other, dtype=np.int8), 0.02, 5)
    return model, model.quantized(model.node(kind, [x, constant]), 0.07, -3)[0]


def gemm(transposed: int) -> Made:
    model, x = start(1, 24)
    w = model.codes(
        *weights(*((6, 24) if transposed else (24, 6)), channels=1 - transposed),
        axis=1 - transposed,
    )
    bias = model.codes(RNG.integers(-900, 900, 6, dtype=np.int32), 0.0005)
    return model, model.quantized(model.node("Gemm", [x, w, bias], transB=transposed), 0.1, 3)[0]


def fused(kind: str, *bounds: float) -> Made:
    model, x = start(1, 24)
    y = model.node("MatMul", [x, model.codes(*weights(24, 6, channels=None))])
    limits = [model.constant(np.float32(bound)) for bound in bounds]
    return model, model.quantized(model.node(kind, [y, *limits]), 0.05, -100)[0]


def unsigned() -> Made:
    model = OnnxModel()
    x = model.input([1, 4, 5, 5], SCALE, ZERO + 128, "uint8")
    filters = model.codes(RNG.integers(1, 256, (6, 4, 3, 3), dtype=np.uint8), 0.01, 128)
    y = model.node("Conv", [x, filters])
    return model, model.quantized(y, 0.06, 140, "uint8")[0]


def flattened(kind: str) -> Made:
    """Columns of the weights are reordered for Gemm; for an Add elements have to move."""
    model, x = start(1, 4, 3, 5)
    y = model.quantized(model.node("MaxPool", [x], kernel_shape=[1, 1]), SCALE, ZERO)[1]
    y = model.quantized(model.node("Flatten", [y]), SCALE, ZERO)[1]
    if kind == "Add":
        y = model.node("Add", [y, model.codes(RNG.integers(-99, 99, (1, 60), np.int8), 0.05)])
    else:
        y = model.node("Gemm", [y, model.codes(*weights(60, 7, channels=None))])
    return model, model.quantized(y, 0.09, 1)[0]


def joined() -> Made:
    model, x = start(1, 3, 4, 4)
    a = model.quantized(model.node("MaxPool", [x], kernel_shape=[1, 1]), SCALE, ZERO)[1]
    b = model.quantized(model.node("Relu", [x]), 0.03, -128)[1]
    return model, model.quantized(model.node("Concat", [a, b], axis=1), 0.043, -10)[0]


def channels_behind() -> Made:
    """As exported from TensorFlow: images with channels last, transposed for Conv and back."""
    model, x = start(1, 6, 6, 3)
    y = model.node("Transpose", [x], perm=[0, 3, 1, 2])
    y = model.node("Conv", [y, model.codes(*weights(4, 3, 3, 3))])
    y = model.node("Transpose", [model.quantized(y, 0.06, 2)[1]], perm=[0, 2, 3, 1])
    return model, model.quantized(model.node("Reshape", [y, model.constant([1, 64])]), 0.06, 2)[0]


def gate() -> Made:
    """HardSwish as tools take it apart; x of a scale with which the rounded gate tells little."""
    model, x = start(1, 40)
    h = model.quantized(model.node("HardSigmoid", [x], alpha=1 / 6, beta=0.5), 1 / 255, -128)[1]
    return model, model.quantized(model.node("Mul", [h, x]), 0.05, -100)[0]


def product_of_matrices() -> Made:
    model, x = start(2, 5, 4)
    y = model.quantized(model.node("Transpose", [x], perm=[0, 2, 1]), SCALE, ZERO)[1]
    return model, model.quantized(model.node("MatMul", [x, y]), 0.1, 0)[0]


IMAGE = (1, 4, 7, 6)
CASES: dict[str, tuple[Callable[[], Made], list[str], int]] = {
    "conv, valid": (lambda: conv(IMAGE, (5, 4, 3, 3)), ["CONV_2D"], 1),
    "conv, same": (lambda: conv(IMAGE, (5, 4, 3, 3), pads=[1] * 4), ["CONV_2D"], 1),
    "conv, padding of its own": (
        lambda: conv((1, 4, 8, 8), (5, 4, 3, 3), pads=[1] * 4, strides=[2, 2]),
        ["PAD", "CONV_2D"],
        1,
    ),
    "conv, auto_pad": (
        lambda: conv(IMAGE, (5, 4, 3, 2), auto_pad="SAME_UPPER", strides=[2, 1]),
        ["CONV_2D"],
        1,
    ),
    "conv, auto_pad at the other end": (
        lambda: conv((1, 4, 8, 8), (5, 4, 3, 3), auto_pad="SAME_LOWER", strides=[2, 2]),
        ["PAD", "CONV_2D"],
        1,
    ),
    "conv, dilated": (lambda: conv(IMAGE, (5, 4, 2, 2), dilations=[2, 3]), ["CONV_2D"], 1),
    "conv, depthwise": (
        lambda: conv(IMAGE, (4, 1, 3, 3), group=4, pads=[1] * 4),
        ["DEPTHWISE_CONV_2D"],
        1,
    ),
    "conv, depthwise with a multiplier": (
        lambda: conv(IMAGE, (8, 1, 3, 3), group=4),
        ["DEPTHWISE_CONV_2D"],
        1,
    ),
    "conv over one axis": (
        lambda: conv((1, 4, 20), (5, 4, 3), pads=[1, 1], strides=[1]),
        ["RESHAPE", "CONV_2D", "RESHAPE", "TRANSPOSE"],
        1,
    ),
    "gemm": (lambda: gemm(0), ["FULLY_CONNECTED"], 1),
    "gemm, transposed": (lambda: gemm(1), ["FULLY_CONNECTED"], 1),
    "uint8": (unsigned, ["CONV_2D"], 1),
    "matmul and relu": (lambda: fused("Relu"), ["FULLY_CONNECTED"], 1),
    "matmul and clip": (lambda: fused("Clip", 0, 6), ["FULLY_CONNECTED"], 1),
    "matmul of activations": (product_of_matrices, ["TRANSPOSE", "BATCH_MATMUL"], 1),
    "flatten for gemm": (
        lambda: flattened("Gemm"),
        ["MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED"],
        1,
    ),
    "flatten for add": (
        lambda: flattened("Add"),
        ["MAX_POOL_2D", "TRANSPOSE", "RESHAPE", "ADD"],
        1,
    ),
    "channels last in the graph": (channels_behind, ["CONV_2D", "RESHAPE"], 1),
    "add": (lambda: two("Add", IMAGE, IMAGE), ["ADD"], 1),
    "add, broadcast": (lambda: two("Add", IMAGE, (4, 1, 1)), ["ADD"], 1),
    "sub": (lambda: two("Sub", IMAGE, (1,)), ["SUB"], 1),
    "mul": (lambda: two("Mul", IMAGE, (1, 4, 1, 1)), ["MUL"], 1),
    "relu": (lambda: one("Relu", (1, 40), (0.04, -128)), ["RELU"], 1),
    "clip": (
        lambda: one("Clip", (1, 40), (0.03, -128), more=[np.float32(0), np.float32(6)]),
        ["RELU6"],
        1,
    ),
    "leaky relu": (lambda: one("LeakyRelu", (1, 40), alpha=0.1), ["LEAKY_RELU"], 1),
    "sigmoid": (lambda: one("Sigmoid", (1, 40), (1 / 256, -128)), ["LOGISTIC"], 1),
    "sigmoid of another scale": (
        lambda: one("Sigmoid", (1, 40), (0.005, -100)),
        ["LOGISTIC", "QUANTIZE"],
        2,
    ),
    "hard swish": (lambda: one("HardSwish", (1, 40), (0.05, -100)), ["HARD_SWISH"], 1),
    "hard swish, taken apart": (gate, ["HARD_SWISH"], 1),
    "tanh": (lambda: one("Tanh", (1, 40), (1 / 128, 0)), ["TANH"], 1),
    "softmax": (lambda: one("Softmax", (1, 12), (1 / 256, -128)), ["SOFTMAX"], 1),
    "max pool": (
        lambda: one("MaxPool", IMAGE, kernel_shape=[2, 2], strides=[2, 2]),
        ["MAX_POOL_2D"],
        0,
    ),
    "max pool, padded": (
        lambda: one("MaxPool", (1, 3, 8, 8), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4),
        ["PADV2", "MAX_POOL_2D"],
        0,
    ),
    "max pool, ceiling": (
        lambda: one("MaxPool", (1, 3, 7, 7), kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
        ["PADV2", "MAX_POOL_2D"],
        0,
    ),
    "average pool": (
        lambda: one("AveragePool", IMAGE, kernel_shape=[2, 3]),
        ["AVERAGE_POOL_2D"],
        1,
    ),
    "average pool, zeros count": (
        lambda: one("AveragePool", IMAGE, kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1),
        ["PAD", "AVERAGE_POOL_2D"],
        1,
    ),
    "average pool, zeros do not count": (
        lambda: one("AveragePool", IMAGE, kernel_shape=[3, 3], pads=[1] * 4),
        ["AVERAGE_POOL_2D"],
        1,
    ),
    "global average pool": (
        lambda: one("GlobalAveragePool", IMAGE, (0.02, 0)),
        ["MEAN"],
        1,
    ),
    "global average pool at one scale": (
        lambda: one("GlobalAveragePool", IMAGE),
        ["AVERAGE_POOL_2D"],
        1,
    ),
    "reduce mean": (
        lambda: one("ReduceMean", IMAGE, (0.02, 0), axes=[2, 3], keepdims=0),
        ["MEAN"],
        1,
    ),
    "concat": (joined, ["MAX_POOL_2D", "RELU", "QUANTIZE", "QUANTIZE", "CONCATENATION"], 1),
    "transpose": (lambda: one("Transpose", (1, 5, 8), perm=[0, 2, 1]), ["TRANSPOSE"], 0),
    "pad": (
        lambda: one("Pad", IMAGE, more=[np.array([0, 0, 1, 2, 0, 0, 3, 1])]),
        ["PAD"],
        0,
    ),
    "pad, another value": (
        lambda: one("Pad", (1, 6), more=[np.array([0, 2, 0, 1]), np.float32(1.5)]),
        ["PADV2"],
        0,
    ),
    "squeeze": (lambda: one("Squeeze", (1, 1, 9), more=[np.array([1])]), ["RESHAPE"], 0),
    "unsqueeze": (lambda: one("Unsqueeze", (1, 9), more=[np.array([1])]), ["RESHAPE"], 0),
    "slice": (
        lambda: one("Slice", (1, 12, 5), more=[np.array([v]) for v in (2, 9, 1, 2)]),
        ["STRIDED_SLICE"],
        0,
    ),
    "slice, backwards": (
        lambda: one("Slice", (1, 12), more=[np.array([v]) for v in (-1, -99, 1, -1)]),
        ["STRIDED_SLICE"],
        0,
    ),
    "resize": (
        lambda: one(
            "Resize",
            (1, 3, 4, 5),
            more=[np.array([], np.float32), np.array([1, 1, 2, 3], np.float32)],
        ),
        ["RESIZE_NEAREST_NEIGHBOR"],
        0,
    ),
}

# Ties, of which half are rounded apart: one in six of the means of 6, one in 42 steps of 0.4 of the
# means of 42. Where two roundings follow one another, the first one's error shifts the second.
SHARES = {
    "average pool": 0.1,
    "reduce mean": 0.1,
    "sigmoid of another scale": 0.25,
    "global average pool": 0.1,
}


@pytest.mark.parametrize("name", CASES)
def test_an_operator_gives_what_onnxruntime_gives(name: str, tmp_path: Path) -> None:
    make, operators, bound = CASES[name]
    network, differences = compared(tmp_path / "net.onnx", *make())
    assert [operator.name for operator in network.operators] == operators
    assert abs(differences).max() <= bound
    assert np.mean(differences != 0) < SHARES.get(name, 0.05)
