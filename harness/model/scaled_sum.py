"""What ADD and SUB have in common: both inputs at one scale, with bits of headroom."""

from __future__ import annotations

from harness.model.activation import activation_bounds
from harness.model.broadcast import broadcast_dims
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse
from harness.model.requantization import quantize_multiplier

LEFT_SHIFT = 20


def lower_scaled_sum(use: OperatorUse) -> Lowered:
    """A sum or difference of two int8 tensors, either of which may be a constant or broadcast.

    As LiteRT: both inputs, shifted left by 20 bits for precision, are brought to the scale of twice
    the larger input scale, combined, and brought to the output's scale.

    Raises:
        UnsupportedOperator: an output scale so small that its factor would be 1 or more.
        BadModel: shapes that do not broadcast to the output's.
    """
    a, b, y = use.activation(0), use.activation(1), use.output()
    a_dims, b_dims, y_dims = broadcast_dims(use, a, b, y)
    (a_scale, a_zero), (b_scale, b_zero) = use.per_tensor(a), use.per_tensor(b)
    y_scale, y_zero = use.per_tensor(y)
    common = 2 * max(a_scale, b_scale)
    multiplier, shift = _output_multiplier(common / (2**LEFT_SHIFT * y_scale))
    if shift > 0:
        raise use.unsupported(
            f"the output scale {y_scale:g} is too small for inputs of scale {a_scale:g} and "
            f"{b_scale:g}",
            "Quantise the model again.",
        )
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(a, a_dims), Operand(b, b_dims)),
        output=Operand(y, y_dims),
        params=(
            -a_zero,
            *quantize_multiplier(a_scale / common),
            -b_zero,
            *quantize_multiplier(b_scale / common),
            LEFT_SHIFT,
            y_zero,
            multiplier,
            shift,
            *activation_bounds(use, y),
        ),
    )


def _output_multiplier(real: float) -> tuple[int, int]:
    return quantize_multiplier(min(real, 1.0))  # 1 and above are refused alike
