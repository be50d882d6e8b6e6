"""CONV_2D: filters [out, h, w, in] slide over n, h, w, in."""

from __future__ import annotations

from dataclasses import astuple

from harness.domain.network import DType
from harness.model.activation import activation_bounds
from harness.model.dims import spatial
from harness.model.lowered import Lowered, Operand, bias_operand
from harness.model.operator_use import OperatorUse, describe
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
    """CONV_2D with per-channel or per-tensor weights, symmetric, not grouped."""
    operands = weighted_operands(use)
    x, filters, y = operands.x, operands.weights, operands.y
    x_dims, f_dims, y_dims = spatial(use, x), spatial(use, filters), spatial(use, y)
    channels = f_dims[0]
    if f_dims[3] != x_dims[3]:
        raise use.unsupported(
            f"the filters {describe(filters)} take {f_dims[3]} of {x_dims[3]} input channels; "
            "grouped convolution is not supported",
            "Build the model of CONV_2D without groups, or of DEPTHWISE_CONV_2D.",
        )
    if y_dims[3] != channels:
        raise use.broken(f"{channels} filters give {y_dims[3]} output channels")
    bias = use.bias(2, channels, operands.bias)
    window = window_of(use, x_dims, f_dims[1], f_dims[2], y_dims)
    scales = operands.scales(use, axis=0)
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
            *astuple(window),
            *activation_bounds(use, y),
            *per_channel_requantization(use, x, scales, y, channels),
            *operands.filter_offset,
        ),
    )


def macs(use: OperatorUse) -> int:
    """Output elements times the size of a filter."""
    return macs_with_weights(use, channel_axis=0)
