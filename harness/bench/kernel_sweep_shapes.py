"""The operators of a network as shapes that a kernel benchmark can sweep."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from harness.domain.network import DType, Network, Operator, Tensor
from harness.domain.operator_shape import OperatorShape, Pair

_PADDING = {0: "SAME", 1: "VALID"}
_ACTIVATION = {0: "NONE", 1: "RELU", 3: "RELU6"}
_WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
_JOINED = {"BATCH_MATMUL", "CONCATENATION"}
_ALIKE = {"ADD", "MAXIMUM", "MINIMUM", "MUL", "SUB"}
_TOLD = {"AVERAGE_POOL_2D", "MAX_POOL_2D", "SOFTMAX"}
_INPUT_AT = {"TRANSPOSE_CONV": 2}


def shapes_of(network: Network, operators: Collection[str]) -> tuple[OperatorShape, ...]:
    """The different shapes of `network`'s int8 operators named in `operators`, in order.

    Sizes, window, activation and per-channel scales are the network's; weights and other
    quantisation are not taken. Operators that a shape does not tell all of are left out.
    """
    found = [
        (operator, _shape(network, operator))
        for operator in network.operators
        if operator.name in operators and _input(network, operator).dtype is DType.INT8
    ]
    told = [shape for operator, shape in found if _is_told(network, operator, shape)]
    return tuple(dict.fromkeys(told))


def first_of_each(shapes: Iterable[OperatorShape], limit: int | None) -> list[OperatorShape]:
    """The different shapes in order, at most `limit` of each operator."""
    kept: list[OperatorShape] = []
    counts: Counter[str] = Counter()
    for shape in dict.fromkeys(shapes):
        counts[shape.operator] += 1
        if limit is None or counts[shape.operator] <= limit:
            kept.append(shape)
    return kept


def _tensor(network: Network, operator: Operator, position: int = 0) -> Tensor:
    return network.tensors[operator.inputs[position]]


def _input(network: Network, operator: Operator) -> Tensor:
    return _tensor(network, operator, _INPUT_AT.get(operator.name, 0))


def _shape(network: Network, operator: Operator) -> OperatorShape:
    x, y = _input(network, operator), network.tensors[operator.outputs[0]]
    batch, sizes = _batched(x.shape)
    options = operator.options
    stride = _pair(options, "stride_h", "stride_w")
    kernel = _pair(options, "filter_height", "filter_width")
    per_channel, output = False, 0
    if operator.name in _WEIGHTED:
        weights = _tensor(network, operator, 1)
        scales = weights.quantization.scales if weights.quantization else ()
        per_channel, kernel = len(scales) > 1, (weights.shape[1], weights.shape[-2])
        if operator.name == "FULLY_CONNECTED":
            depth = weights.shape[1]
            batch, sizes, kernel = math.prod(x.shape) // depth, (depth,), (1, 1)
    if operator.name in _WEIGHTED | _JOINED:
        output = y.shape[-1]
    if operator.name in _RESIZED and len(x.shape) == len(y.shape) == 4:
        kernel, stride = _RESIZED[operator.name](x.shape[1:3], y.shape[1:3])
    return OperatorShape(
        operator=operator.name,
        activation=_ACTIVATION.get(options.get("fused_activation_function", 0), "NONE"),
        input=sizes,
        output=output,
        kernel=(kernel[0], kernel[1]),
        stride=stride,
        dilation=_pair(options, "dilation_h_factor", "dilation_w_factor"),
        padding=_PADDING.get(options.get("padding", 0), "SAME"),
        batch=batch,
        per_channel=per_channel,
    )


def _is_told(network: Network, operator: Operator, shape: OperatorShape) -> bool:
    """Whether a shape tells all of an operator's sizes: the sweep has no broadcast, for one."""
    inputs = [network.tensors[index] for index in operator.inputs if index >= 0]
    y = network.tensors[operator.outputs[0]]
    if operator.name in _TOLD or operator.name in _WEIGHTED - {"TRANSPOSE_CONV"}:
        return True
    if not 1 <= len(shape.input) <= 3 or (shape.windowed and len(shape.input) != 3):
        return False
    if operator.name == "MEAN" and len(shape.input) != 3:
        return False
    if operator.name in _ALIKE and len({tensor.shape for tensor in inputs}) != 1:
        return False
    return y.shape == (shape.batch, *shape.output_shape)


def _factors(x: Sequence[int], y: Sequence[int]) -> Pair:
    return max(1, y[0] // x[0]), max(1, y[1] // x[1])


_RESIZED: Mapping[str, Callable[[Sequence[int], Sequence[int]], tuple[Pair, Pair]]] = {
    "PAD": lambda x, y: ((y[0] - x[0] + 1, y[1] - x[1] + 1), (1, 1)),
    "RESIZE_NEAREST_NEIGHBOR": lambda x, y: ((1, 1), _factors(x, y)),
    "STRIDED_SLICE": lambda x, y: ((1, 1), _factors(y, x)),
}


def _batched(sizes: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    return (sizes[0], sizes[1:]) if len(sizes) > 1 else (1, sizes)


def _pair(options: Mapping[str, Any], height: str, width: str) -> Pair:
    return int(options.get(height, 1)), int(options.get(width, 1))
