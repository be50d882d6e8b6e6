"""DEPTHWISE_CONV_2D: filters [1, h, w, in * multiplier], each over one input channel."""

from __future__ import annotations

from dataclasses import astuple

from harness.domain.network import DType
from harness.model.activation import activation_bounds
from harness.model.dims import spatial
from harness.model.lowered import Lowered, Operand, bias_operand
from harness.model.operator_use import OperatorUse
from harness.model.weighted import (
    WEIGHT_TYPES,
    macs_with_weights,
    per_channel_requantization,
    weighted_operands,
)
from harness.model.window import window_of

TYPES = (DType.INT16, DType.UINT8)
WEIGHTS = WEIGHT_TYPES


def lower(use: OperatorUse) -> Lowered:
    """DEPTHWISE_CONV_2D with any channel multiplier, which the shapes tell."""
    operands = weighted_operands(use)
    x, filters, y = operands.x, operands.weights, operands.y
    x_dims, f_dims, y_dims = spatial(use, x), spatial(use, filters), spatial(use, y)
    channels = f_dims[3]
    if f_dims[0] != 1 or channels % x_dims[3] != 0 or y_dims[3] != channels:
        raise use.broken(
            f"filters of shape {list(f_dims)} do not turn {x_dims[3]} channels into {y_dims[3]}"
        )
    bias = use.bias(2, channels, operands.bias)
    window = window_of(use, x_dims, f_dims[1], f_dims[2], y_dims)
    scales = operands.scales(use, axis=3)
    return Lowered(
        opcode=use.operator.opcode + operands.variant,
        inputs=(
            Operand(x, x_dims),
            Operand(filters, f_dims),
            bias_operand(bias, channels),
        ),
        output=Operand(y, y_dims),
        params=(
            -use.per_tensor(x)[1],
            use.per_tensor(y)[1],
            channels // x_dims[3],
            *astuple(window),
            *activation_bounds(use, y),
            *per_channel_requantization(use, x, scales, y, channels),
            *operands.filter_offset,
        ),
    )


def macs(use: OperatorUse) -> int:
    """Output elements times height and width of the filters."""
    return macs_with_weights(use, channel_axis=3)
