"""Real scales as the integer multipliers and shifts that kernels compute with.

The scheme is that of B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", CVPR 2018, section 2.2; the roundings are those of LiteRT's
`QuantizeMultiplier`, so that device and host reference compute with the same constants.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def quantize_multiplier(real: float, largest_shift: int = 30) -> tuple[int, int]:
    """Return (multiplier, shift) with real = multiplier * 2^(shift - 31), multiplier in Q31.

    The multiplier lies in [2^30, 2^31), or is 0 where `real` is 0 or below 2^-32.

    Raises:
        ValueError: `real` is negative, not finite, or needs a shift above `largest_shift`.
    """
    if not (math.isfinite(real) and real >= 0):
        raise ValueError(f"a scale of {real} cannot be requantised")
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * 2**31)
    if multiplier == 2**31:  # a fraction just below 1 rounds up to it
        multiplier //= 2
        shift += 1
    if shift < -31:  # all bits would be shifted out
        return 0, 0
    if shift > largest_shift:
        raise ValueError(
            f"a scale of {real:g} cannot be requantised: 2^{largest_shift} and above is too large"
        )
    return multiplier, shift


def quantize_multipliers(
    reals: Sequence[float], largest_shift: int = 30
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Multipliers and shifts of several scales; see `quantize_multiplier`."""
    pairs = [quantize_multiplier(real, largest_shift) for real in reals]
    return tuple(multiplier for multiplier, _ in pairs), tuple(shift for _, shift in pairs)


def round_half_away(value: float) -> int:
    """The nearest integer, ties away from zero (C's `round`)."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
