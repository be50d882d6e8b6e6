"""The operators of a network as shapes that a kernel benchmark can sweep."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from harness.domain.network import DType, Network, Operator, Tensor
from harness.domain.operator_shape import OperatorShape, Pair

_PADDING = {0: "SAME", 1: "VALID"}
_ACTIVATION = {0: "NONE", 1: "RELU", 3: "RELU6"}


def shapes_of(network: Network, operators: Collection[str]) -> tuple[OperatorShape, ...]:
    """The different shapes of `network`'s int8 operators named in `operators`, in order.

    Sizes, window, activation and per-channel scales are the network's; weights and other
    quantisation are not taken.
    """
    found = [
        _shape(network, operator)
        for operator in network.operators
        if operator.name in operators and _tensor(network, operator).dtype is DType.INT8
    ]
    return tuple(dict.fromkeys(found))


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


def _shape(network: Network, operator: Operator) -> OperatorShape:
    x, y = _tensor(network, operator), network.tensors[operator.outputs[0]]
    batch, sizes = _batched(x.shape)
    options = operator.options
    if len(operator.inputs) > 1 and operator.name != "ADD":
        weights = _tensor(network, operator, 1)
        scales = weights.quantization.scales if weights.quantization else ()
        per_channel, kernel = len(scales) > 1, weights.shape[1:3]
        if operator.name == "FULLY_CONNECTED":
            depth = weights.shape[1]
            batch, sizes, kernel = math.prod(x.shape) // depth, (depth,), (1, 1)
        output = y.shape[-1]
    else:
        per_channel, output = False, 0
        kernel = _pair(options, "filter_height", "filter_width")
    return OperatorShape(
        operator=operator.name,
        activation=_ACTIVATION.get(options.get("fused_activation_function", 0), "NONE"),
        input=sizes,
        output=output,
        kernel=(kernel[0], kernel[1]),
        stride=_pair(options, "stride_h", "stride_w"),
        dilation=_pair(options, "dilation_h_factor", "dilation_w_factor"),
        padding=_PADDING.get(options.get("padding", 0), "SAME"),
        batch=batch,
        per_channel=per_channel,
    )


def _batched(sizes: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    return (sizes[0], sizes[1:]) if len(sizes) > 1 else (1, sizes)


def _pair(options: Mapping[str, Any], height: str, width: str) -> Pair:
    return int(options.get(height, 1)), int(options.get(width, 1))
