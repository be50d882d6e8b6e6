"""Scales as multipliers and shifts: values worked out by hand and with exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.requantization import quantize_multiplier, quantize_multipliers, round_half_away


@pytest.mark.parametrize(
    ("real", "multiplier", "shift"),
    [
        (0.0, 0, 0),
        (1.0, 1 << 30, 1),  # 0.5 * 2^1
        (0.5, 1 << 30, 0),
        (0.75, 3 << 29, 0),  # 0.75 * 2^31 = 3 * 2^29
        (3.0, 3 << 29, 2),  # 0.75 * 2^2
        (0.1, 1717986918, -3),  # 0.1 * 2^3 * 2^31 = 1717986918.4
        (1 / 3, 1431655765, -1),  # 2/3 * 2^31 = 1431655765.33
        (1 - 2**-40, 1 << 30, 1),  # rounds up to 2^31, which is 2^30 with one more shift
        (2**-32, 1 << 30, -31),
        (2**-33, 0, 0),  # all bits would be shifted out
        (2**30 - 1, 2147483646, 30),  # (2^30 - 1) / 2^30 * 2^31
    ],
)
def test_known_values(real: float, multiplier: int, shift: int) -> None:
    assert quantize_multiplier(real) == (multiplier, shift)


def test_a_tie_rounds_away_from_zero() -> None:
    # (2^30 + 1/2) / 2^31 lies half-way between two multipliers.
    assert quantize_multiplier((2**30 + 0.5) / 2**31) == (2**30 + 1, 0)


@given(st.floats(min_value=2**-31, max_value=2**29))
def test_the_error_is_at_most_half_a_step(real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    assert 2**30 <= multiplier < 2**31
    step = Fraction(2) ** (shift - 31)
    assert abs(Fraction(real) - multiplier * step) <= step / 2


@pytest.mark.parametrize("real", [-0.5, float("nan"), float("inf")])
def test_what_is_no_scale_is_refused(real: float) -> None:
    with pytest.raises(ValueError, match=rf"a scale of {real} cannot be requantised"):
        quantize_multiplier(real)


def test_a_scale_beyond_the_shift_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2\^30 and above is too large"):
        quantize_multiplier(2.0**30)
    assert quantize_multiplier(2.0**31 - 1, largest_shift=31) == (2**31 - 1, 31)


def test_several_at_once() -> None:
    assert quantize_multipliers([0.5, 3.0]) == ((1 << 30, 3 << 29), (0, 2))


@pytest.mark.parametrize(
    ("value", "rounded"), [(2.5, 3), (-2.5, -3), (2.4, 2), (-0.4, 0), (0.0, 0)]
)
def test_round_half_away(value: float, rounded: int) -> None:
    assert round_half_away(value) == rounded
