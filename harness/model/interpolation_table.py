"""Functions of one variable as tables of 513 int16, between which kernels interpolate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.model.lowered import Words
from harness.model.requantization import round_half_away

_STEPS = 512
_ONE = 32768


def table_words(function: Callable[[float], float], low: float, high: float) -> Words:
    """`function` of 512 equal steps from `low` to `high` in Q0.15, two values to a word.

    As LiteRT's `gen_lut`: half the error at the middle of a step is taken off the value at its
    start.
    """
    step = (high - low) / _STEPS
    values = []
    for i in range(_STEPS):
        start, following = function(low + i * step), function(low + (i + 1) * step)
        value = round_half_away(start * _ONE)
        between = round_half_away((following * _ONE + value) / 2)
        middle = round_half_away(function(low + i * step + step / 2) * _ONE)
        values.append(value - round_half_away((between - middle) / 2))
    values.append(round_half_away(function(high) * _ONE))
    codes = np.clip(np.array([*values, 0]), -_ONE, _ONE - 1).astype("<i2")
    return Words(tuple(int(word) for word in codes.view("<i4")))
