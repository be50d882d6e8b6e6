"""FULLY_CONNECTED: weights [out, in] times each row of inputs."""

from __future__ import annotations

import numpy as np

from harness.domain.network import DType, Tensor
from harness.model.activation import activation_bounds
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand, Words, bias_operand
from harness.model.operator_use import OperatorUse, describe
from harness.model.weighted import (
    WEIGHT_TYPES,
    macs_with_weights,
    per_channel_requantization,
    weighted_operands,
)

TYPES = (DType.INT16, DType.UINT8)
WEIGHTS = WEIGHT_TYPES
_DEFAULT_FORMAT = 0


def lower(use: OperatorUse) -> Lowered:
    """FULLY_CONNECTED with per-tensor or per-channel weights."""
    operands = weighted_operands(use)
    x, weights, y = operands.x, operands.weights, operands.y
    if use.option("weights_format", _DEFAULT_FORMAT) != _DEFAULT_FORMAT:
        raise use.unsupported(
            "the weights are shuffled (SHUFFLED4x16INT8)", "Convert the model without shuffling."
        )
    outputs, depth = _checked_shape(use, x, weights, y)
    bias = use.bias(2, outputs, operands.bias)
    per_channel = weights.quantization is not None and weights.quantization.per_channel
    filter_offset = 0 if per_channel else -use.per_tensor(weights)[1]
    return Lowered(
        opcode=use.operator.opcode + operands.variant,
        inputs=(
            Operand(x, dims_of(use, x)),
            Operand(weights, (depth, 1, 1, outputs)),
            bias_operand(bias, outputs),
        ),
        output=Operand(y, dims_of(use, y)),
        params=(
            -use.per_tensor(x)[1],
            filter_offset,
            use.per_tensor(y)[1],
            *activation_bounds(use, y),
            int(per_channel),
            *_requantization(use, x, weights, y, outputs),
            _sums(weights, outputs),
        ),
    )


def _checked_shape(use: OperatorUse, x: Tensor, weights: Tensor, y: Tensor) -> tuple[int, int]:
    dims_of(use, weights)
    if len(weights.shape) != 2:
        raise use.broken(f"the weights {describe(weights)} do not have the shape [out, in]")
    outputs, depth = weights.shape
    rows, rest = divmod(x.elements, depth)
    if rest or not y.shape or y.shape[-1] != outputs or y.elements != rows * outputs:
        raise use.broken(f"weights [{outputs}, {depth}] do not turn {describe(x)} into the output")
    return outputs, depth


def _sums(weights: Tensor, outputs: int) -> Words:
    """Sum of each output's weights: vector kernels multiply it by the offset of the inputs."""
    if weights.dtype is not DType.INT8:
        return Words(())  # there are no vector kernels for such
    rows = np.frombuffer(weights.data or b"", np.int8).reshape(outputs, -1)
    return Words(tuple(int(total) for total in rows.sum(axis=1, dtype=np.int32)))


def _requantization(
    use: OperatorUse, x: Tensor, weights: Tensor, y: Tensor, outputs: int
) -> tuple[Words, Words]:
    quantization = weights.quantization
    if quantization is not None and quantization.per_channel:
        scales = use.channel_scales(weights, axis=0)
        return per_channel_requantization(use, x, scales, y, outputs)
    # LiteRT 2.3's reference kernel scales sums by this product in double precision and rounds once;
    # TensorFlow Lite multiplied the first two scales in single precision, which tells in rare sums.
    scale = use.per_tensor(weights)[0]
    return per_channel_requantization(use, x, (scale,), y, 1)


def macs(use: OperatorUse) -> int:
    """Output elements times inputs per output."""
    return macs_with_weights(use, channel_axis=0)
