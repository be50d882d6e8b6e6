"""ADD and MUL of int16: tensors of one shape, without zero points."""

from __future__ import annotations

import math

from harness.domain.network import DType, Tensor
from harness.model.activation import activation_bounds
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand, Variant
from harness.model.operator_use import OperatorUse
from harness.model.requantization import quantize_multiplier
from harness.model.scales import float32_product

LEFT_SHIFT = 15


def is_int16(use: OperatorUse) -> bool:
    """Whether the operator's output is int16."""
    return use.result().dtype is DType.INT16


def lower_add_int16(use: OperatorUse) -> Lowered:
    """ADD as LiteRT's with general scales: as for int8, with 15 bits of headroom.

    Raises:
        UnsupportedOperator: shapes that differ, scales that LiteRT adds by shifts alone, or an
            output scale so small that its factor would be above 1.
    """
    a, b, y = _operands(use)
    scales = [use.per_tensor(tensor)[0] for tensor in (a, b, y)]
    if use.option("pot_scale_int16", 1) and all(_is_power_of_two(scale) for scale in scales):
        raise use.unsupported(
            "the scales are powers of two, for which int16 is added by shifts",
            "Convert the model with TensorFlow 2.5 or later.",
        )
    common = 2 * max(scales[:2])
    return _lowered(
        use,
        a,
        b,
        y,
        0,
        *_factor(use, scales[0] / common),
        0,
        *_factor(use, scales[1] / common),
        LEFT_SHIFT,
        0,
        *_factor(use, common / (2**LEFT_SHIFT * scales[2])),
    )


def lower_mul_int16(use: OperatorUse) -> Lowered:
    """MUL as LiteRT's: the product, requantised by the product of the scales over the output's.

    Parameters: multiplier, shift, activation_min, activation_max.

    Raises:
        UnsupportedOperator: shapes that differ, or scales whose factor would be above 1.
    """
    a, b, y = _operands(use)
    a_scale, b_scale, y_scale = (use.per_tensor(tensor)[0] for tensor in (a, b, y))
    return _lowered(use, a, b, y, *_factor(use, float32_product(a_scale, b_scale, per=y_scale)))


def _operands(use: OperatorUse) -> tuple[Tensor, Tensor, Tensor]:
    a, b = use.activation(0, DType.INT16), use.activation(1, DType.INT16)
    y = use.output(DType.INT16)
    if not a.shape == b.shape == y.shape:
        raise use.unsupported(
            "the shapes differ; int16 is not broadcast", "Build the model with inputs of one shape."
        )
    return a, b, y


def _factor(use: OperatorUse, real: float) -> tuple[int, int]:
    try:
        return quantize_multiplier(real, 0)
    except ValueError as error:
        raise use.unsupported(str(error), "Quantise the model again.") from error


def _lowered(use: OperatorUse, a: Tensor, b: Tensor, y: Tensor, *params: int) -> Lowered:
    dims = dims_of(use, y)
    return Lowered(
        opcode=use.operator.opcode + Variant.INT16,
        inputs=(Operand(a, dims), Operand(b, dims)),
        output=Operand(y, dims),
        params=(*params, *activation_bounds(use, y)),
    )


def _is_power_of_two(scale: float) -> bool:
    return math.frexp(scale)[0] == 0.5
