"""Rectifiers as operators of their own: codes requantised, then bounded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Tensor
from harness.model.activation import Activation, bounds_of
from harness.model.lookup import codes
from harness.model.operator_use import OperatorUse
from harness.model.scales import float32_product, requantized, scaled_codes


def bounded(
    activation: Activation,
) -> Callable[[OperatorUse, Tensor, Tensor], NDArray[np.int64]]:
    """Table entries of a rectifier with constant bounds, as LiteRT's `ReluX`."""

    def entries(use: OperatorUse, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(y)
        multiplier, shift = requantized(use, float32_product(x_scale, per=y_scale))
        low, high = bounds_of(activation, y_scale, y_zero)
        return np.clip(scaled_codes(codes(x_zero), multiplier, shift) + y_zero, low, high)

    return entries
