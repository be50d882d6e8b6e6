"""SOFTMAX over the last axis, in fixed point."""

from __future__ import annotations

import math

from harness.domain.network import DType
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse
from harness.model.requantization import quantize_multiplier
from harness.model.softmax_int16 import lower_softmax_int16
from harness.model.weighted import ACTIVATIONS

TYPES = (DType.INT16,)
INTEGER_BITS = 5  # differences from the largest input enter exp() as Q5.26
_FRACTION_BITS = 31 - INTEGER_BITS
_LARGEST_ROW = 4095  # the sum of exponentials, each up to 1, has 12 integer bits
_OUTPUT_SCALE, _OUTPUT_ZERO = 1 / 256, -128


def lower(use: OperatorUse) -> Lowered:
    """SOFTMAX with the output that TensorFlow Lite prescribes: scale 1/256, zero point -128."""
    x, y = use.activation(0, *ACTIVATIONS), use.output(*ACTIVATIONS)
    if x.shape != y.shape or not x.shape:
        raise use.broken("input and output do not have the same shape")
    if (x.dtype, y.dtype) == (DType.INT16, DType.INT16):
        return lower_softmax_int16(use)
    y_scale, y_zero = use.per_tensor(y)
    if y_zero != _OUTPUT_ZERO or not math.isclose(y_scale, _OUTPUT_SCALE, rel_tol=1e-3):
        raise use.unsupported(
            f"the output has scale {y_scale:g} and zero point {y_zero}; 1/256 and -128 are needed",
            "Quantise the model again.",
        )
    dims = dims_of(use, x)
    row_size = x.shape[-1]
    if row_size > _LARGEST_ROW:
        raise use.unsupported(
            f"rows of {row_size} values are too long; up to {_LARGEST_ROW} are supported",
            "Build the model with fewer classes.",
        )
    multiplier, shift = _input_multiplier(use, use.per_tensor(x)[0])
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(x, dims),),
        output=Operand(y, dims_of(use, y)),
        params=(multiplier, shift, -input_radius(shift), x.elements // row_size, row_size),
    )


def _input_multiplier(use: OperatorUse, scale: float) -> tuple[int, int]:
    """beta * scale as a factor on integer differences that gives Q5.26."""
    real = min(use.real_option("beta", 0.0) * scale * 2**_FRACTION_BITS, 2.0**31 - 1)
    if not real > 1:
        raise use.unsupported(
            f"beta {use.real_option('beta', 0.0):g} times the input scale {scale:g} is too small",
            "Quantise the model again, or convert it with beta 1.",
        )
    return quantize_multiplier(real, largest_shift=31)


def input_radius(shift: int) -> int:
    """The largest difference from the maximum whose exponential is computed rather than 0.

    (2^5 - 1) * 2^26 / 2^shift, rounded down (LiteRT's `CalculateInputRadius`).
    """
    return (((1 << INTEGER_BITS) - 1) << _FRACTION_BITS) >> shift


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
