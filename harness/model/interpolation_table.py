"""Functions of one variable as tables of 513 int16, between which kernels interpolate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.model.lowered import Words

_STEPS = 512


def table_words(function: Callable[[np.float32], np.float32], low: float, high: float) -> Words:
    """`function` of 512 equal steps from `low` to `high` in Q0.15, two values to a word.

    As LiteRT's `LUTPopulateInt16`, in single precision: half the error at the middle of a step is
    taken off the value at its start.
    """
    one = np.float32
    start, end = one(low), one(high)
    step = one((end - start) / one(_STEPS))
    half = one(step / one(2))
    inverse = one(65536) / one(one(2.0 / 65535.0) * one(32767) - one(2.0 / 65535.0) * one(-32768))
    values = []
    for i in range(_STEPS):
        at = one(start + one(i) * step)
        value = _rounded(one(function(at) * inverse))
        following = one(function(one(start + one(i + 1) * step)) * inverse)
        between = _rounded(one(one(following + value) / one(2)))
        middle = _rounded(one(function(one(at + half)) * inverse))
        values.append(value - _rounded(one(one(between - middle) / one(2))))
    values.append(_rounded(one(function(end) * inverse)))
    codes = np.clip(np.array([*values, 0.0]), -32768, 32767).astype("<i2")
    return Words(tuple(int(word) for word in codes.view("<i4")))


def _rounded(value: np.float32) -> np.float32:
    return np.float32(np.copysign(np.floor(np.abs(np.float64(value)) + 0.5), value))
