"""MUL of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.activation import activation_bounds
from harness.model.broadcast import broadcast_dims
from harness.model.elementwise_int16 import is_int16, lower_mul_int16
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse
from harness.model.scales import float32_product, requantized

TYPES = (DType.INT16,)


def lower(use: OperatorUse) -> Lowered:
    """MUL of int8 tensors, either of which may be a constant or broadcast.

    Parameters: input1_offset, input2_offset, output_offset, multiplier, shift, activation_min,
    activation_max. As LiteRT: the product of codes without zero points, requantised by the product
    of the input scales over the output's, which is worked out in single precision.
    """
    if is_int16(use):
        return lower_mul_int16(use)
    a, b, y = use.activation(0), use.activation(1), use.output()
    a_dims, b_dims, y_dims = broadcast_dims(use, a, b, y)
    (a_scale, a_zero), (b_scale, b_zero) = use.per_tensor(a), use.per_tensor(b)
    y_scale, y_zero = use.per_tensor(y)
    real = float32_product(a_scale, b_scale, per=y_scale)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(a, a_dims), Operand(b, b_dims)),
        output=Operand(y, y_dims),
        params=(
            -a_zero,
            -b_zero,
            y_zero,
            *requantized(use, real),
            *activation_bounds(use, y),
        ),
    )


def macs(use: OperatorUse) -> int:
    """None, as the field counts: there is nothing to accumulate."""
    return 0
