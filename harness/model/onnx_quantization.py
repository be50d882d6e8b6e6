"""QuantizeLinear and DequantizeLinear: what they say of codes, and what they do to constants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.domain.network import Quantization
from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import Activation, Constant, signed


def requantize(use: NodeUse) -> None:
    """QuantizeLinear and DequantizeLinear: the codes of a value, by either of its names.

    Raises:
        UnsupportedOperator: as `parameters`.
    """
    value = use.either(0)
    if isinstance(value, Activation):
        wanted = use.conversion.quantization(use)
        moved = use.device.requantized(use.placed(value), wanted)
        kept = replace(value, index=moved.index, quantization=moved.quantization)
        use.conversion.define(kept, use.node.outputs[0])
        return
    found = parameters(use, value.array.dtype if use.node.kind[0] == "D" else np.dtype(np.uint8))
    array = value.array
    if use.node.kind == "QuantizeLinear":
        array = _quantized(value.array, found)
    elif array.dtype == np.uint8:
        array = signed(array, np.zeros(1))[0]
    use.conversion.define(Constant(array, found), use.node.outputs[0])


def _quantized(array: Any, by: Quantization) -> Any:
    shape = [1] * array.ndim
    if by.per_channel:
        shape[by.axis] = len(by.scales)
    codes = np.rint(array / np.reshape(by.scales, shape)) + np.reshape(by.zero_points, shape)
    return np.clip(codes, -128, 127).astype(np.int8)


def parameters(use: NodeUse, default: np.dtype[Any]) -> Quantization:
    """Scales and zero points, those of uint8 less 128; `default` is the type without zero point.

    Raises:
        UnsupportedOperator: other than 8 bits (32 for what only DequantizeLinear reads), or a scale
            that is not above 0.
    """
    scales = use.constant(1, "scale").array.ravel()
    zeros = np.zeros(len(scales), default)
    if use.given(2):
        zeros = use.constant(2, "zero point").array.ravel()
    if zeros.dtype not in (np.int8, np.uint8, np.int32) or (
        zeros.dtype == np.int32 and use.node.kind == "QuantizeLinear"
    ):
        raise use.refused(
            f"codes are {zeros.dtype.name}; int8 and uint8 are supported",
            "Quantise activations and weights to 8 bits (QuantType.QInt8).",
        )
    if len(zeros) != len(scales) or not np.all(np.isfinite(scales)) or not np.all(scales > 0):
        raise use.refused("a scale is not above 0, or has no zero point", "Export the model again.")
    rank = len(use.graph.shapes.get(use.node.inputs[0], ()))
    axis = int(use.option("axis", 1)) % max(rank, 1)
    return Quantization(
        tuple(float(scale) for scale in scales.astype(np.float32)),
        tuple(int(zero) for zero in signed(zeros, zeros)[1]),
        axis if len(scales) > 1 else 0,
    )
