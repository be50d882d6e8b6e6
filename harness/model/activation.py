"""Fused activations as bounds on the quantised output."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from harness.domain.network import DType, Tensor
from harness.model.operator_use import OperatorUse
from harness.model.requantization import round_half_away


class Activation(IntEnum):
    """Fused activations, numbered as `ActivationFunctionType` in TensorFlow Lite's schema."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3


_LIMITS = {DType.INT8: (-128, 127), DType.INT16: (-32768, 32767)}

_REAL_BOUNDS: dict[Activation, tuple[float | None, float | None]] = {
    Activation.NONE: (None, None),
    Activation.RELU: (0.0, None),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


def activation_bounds(use: OperatorUse, output: Tensor) -> tuple[int, int]:
    """Smallest and largest value the operator may write, in the type of its output.

    As LiteRT's `CalculateActivationRangeQuantized`: a real bound is divided by the scale in single
    precision, rounded half away from zero, and moved by the zero point.

    Raises:
        UnsupportedOperator: an activation that is not a pair of bounds (TANH, SIGN_BIT).
    """
    code = use.option("fused_activation_function", 0)
    if code not in _REAL_BOUNDS:
        raise use.unsupported(
            f"fused activation number {code} is not one of "
            f"{', '.join(known.name for known in Activation)}",
            "Convert the model with the activation as an operator of its own.",
        )
    return bounds_of(Activation(code), *use.per_tensor(output), _LIMITS[output.dtype])


def bounds_of(
    activation: Activation,
    scale: float,
    zero_point: int,
    limits: tuple[int, int] = _LIMITS[DType.INT8],
) -> tuple[int, int]:
    """Smallest and largest code of an activation within `limits`; see `activation_bounds`."""
    lowest, highest = limits
    low, high = _REAL_BOUNDS[activation]
    return (
        lowest if low is None else max(lowest, _quantized(low, scale, zero_point)),
        highest if high is None else min(highest, _quantized(high, scale, zero_point)),
    )


def _quantized(real: float, scale: float, zero_point: int) -> int:
    with np.errstate(over="ignore"):
        steps = float(np.float32(real) / np.float32(scale))
    # Beyond the type the bound has no effect, so infinity need not be told from a large number.
    return zero_point + round_half_away(min(max(steps, -1e6), 1e6))
