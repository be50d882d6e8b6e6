"""Operators that move codes and never requantise: all their tensors are quantised alike."""

from __future__ import annotations

import math

from harness.domain.network import Tensor
from harness.model.operator_use import OperatorUse, describe

_SCALE_TOLERANCE = 1e-6


def refuse_requantization(use: OperatorUse, y: Tensor, *sources: Tensor) -> None:
    """Refuse inputs whose scale or zero point differs from the output's.

    Raises:
        UnsupportedOperator: naming the first input that differs.
    """
    y_scale, y_zero = use.per_tensor(y)
    for x in sources:
        x_scale, x_zero = use.per_tensor(x)
        if x_zero != y_zero or not math.isclose(x_scale, y_scale, rel_tol=_SCALE_TOLERANCE):
            raise use.unsupported(
                f"{describe(x)} has scale {x_scale:g} and zero point {x_zero}, the output "
                f"{y_scale:g} and {y_zero}; {use.operator.name} does not requantise",
                "Quantise the model again.",
            )
