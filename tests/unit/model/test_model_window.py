"""Padding of sliding windows, counted by hand, and as a property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.window import SAME, VALID, Axis, slide


@pytest.mark.parametrize(
    ("size", "taps", "stride", "dilation", "padding", "output", "pad"),
    [
        (49, 10, 2, 1, SAME, 25, 4),  # keyword spotting: 24 * 2 + 10 - 49 = 9 missing, 4 before
        (10, 4, 2, 1, SAME, 5, 1),  # 4 * 2 + 4 - 10 = 2 missing, 1 before
        (96, 3, 2, 1, SAME, 48, 0),  # 47 * 2 + 3 - 96 = 1 missing: it comes after
        (32, 3, 1, 1, SAME, 32, 1),
        (32, 1, 2, 1, SAME, 16, 0),  # nothing is missing
        (8, 3, 1, 2, SAME, 8, 2),  # reaches over 5
        (7, 2, 3, 1, VALID, 2, 0),
        (8, 3, 1, 3, VALID, 2, 0),  # reaches over 7
        (4, 4, 4, 1, VALID, 1, 0),
        (3, 4, 1, 1, VALID, 0, 0),  # does not fit: no output
    ],
)
def test_by_hand(
    size: int, taps: int, stride: int, dilation: int, padding: int, output: int, pad: int
) -> None:
    assert slide(size, taps, stride, dilation, padding) == Axis(output, pad)


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 7), st.integers(1, 4))
def test_same_covers_the_input_evenly(size: int, taps: int, stride: int, dilation: int) -> None:
    axis = slide(size, taps, stride, dilation, SAME)
    starts = [i * stride - axis.pad for i in range(axis.output)]
    assert len(starts) == len(range(0, size, stride))
    before = axis.pad
    after = max(0, starts[-1] + (taps - 1) * dilation + 1 - size)
    # TensorFlow puts the odd one behind; where strides outrun the filter nothing is padded.
    assert after - before in (0, 1) or before == 0
