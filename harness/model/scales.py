"""Factors between scales as LiteRT works them out, and the same products on the host.

Most of LiteRT's kernels divide scales in double precision; some, as said where this is used, in
single precision, which tells in rare sums.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.model.operator_use import OperatorUse
from harness.model.requantization import quantize_multiplier


def float32_product(*scales: float, per: float) -> float:
    """The product of `scales`, divided by `per`, each step rounded to single precision."""
    product = np.float32(1)
    with np.errstate(over="ignore"):
        for scale in scales:
            product = product * np.float32(scale)
        return float(product / np.float32(per))


def requantized(use: OperatorUse, real: float) -> tuple[int, int]:
    """Multiplier and shift of a real factor.

    Raises:
        UnsupportedOperator: a factor that a multiplier and shift cannot express.
    """
    try:
        return quantize_multiplier(real)
    except ValueError as error:
        raise use.unsupported(str(error), "Quantise the model again.") from error


def scaled_codes(codes: NDArray[np.int64], multiplier: int, shift: int) -> NDArray[np.int64]:
    """codes * multiplier * 2^(shift - 31), rounded after the product and again after the shift.

    As gemmlowp's `SaturatingRoundingDoublingHighMul` (ties up) and `RoundingDivideByPOT` (ties away
    from zero), without the limits of 32 bits.
    """
    product = ((codes << max(shift, 0)) * multiplier + (1 << 30)) >> 31
    return rounded_right_shift(product, max(-shift, 0))


def rounded_right_shift(values: NDArray[np.int64], exponent: int) -> NDArray[np.int64]:
    """values / 2^exponent, ties away from zero."""
    mask = (1 << exponent) - 1
    ties = (mask >> 1) + (values < 0)
    rounded: NDArray[np.int64] = (values >> exponent) + ((values & mask) > ties)
    return rounded
