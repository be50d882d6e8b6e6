"""ADD of two tensors of one shape."""

from __future__ import annotations

from harness.model.activation import activation_bounds
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse
from harness.model.requantization import quantize_multiplier

LEFT_SHIFT = 20


def lower(use: OperatorUse) -> Lowered:
    """ADD without broadcasting.

    As LiteRT: both inputs, shifted left by 20 bits for precision, are brought to the scale of twice
    the larger input scale, added, and brought to the output's scale.
    """
    a, b, y = use.activation(0), use.activation(1), use.output()
    if not a.shape == b.shape == y.shape:
        raise use.unsupported(
            "the shapes differ; broadcasting is not supported",
            "Build the model with inputs of one shape.",
        )
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
    dims = dims_of(use, y)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(a, dims), Operand(b, dims)),
        output=Operand(y, dims),
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


def macs(use: OperatorUse) -> int:
    """None, as the field counts: requantisation is no multiply-accumulate."""
    return 0
