"""LEAKY_RELU: x, or alpha x where x is negative, element by element."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Tensor
from harness.model.lookup import codes, lower_lookup
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.scales import float32_product, requantized, scaled_codes


def lower(use: OperatorUse) -> Lowered:
    """LEAKY_RELU by table, to any output scale, for alpha of 0 and above; see `lookup`."""
    return lower_lookup(use, _entries)


def _entries(use: OperatorUse, x: Tensor, y: Tensor) -> NDArray[np.int64]:
    (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(y)
    alpha = use.real_option("alpha", 0.0)
    same = requantized(use, float32_product(x_scale, per=y_scale))
    leaked = requantized(use, float32_product(x_scale, alpha, per=y_scale))
    inputs = codes(x_zero)
    return y_zero + np.where(
        inputs >= 0, scaled_codes(inputs, *same), scaled_codes(inputs, *leaked)
    )


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
