"""The filter that smooths a PPK2's range changes, sample after sample, without a loop over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.domain.power import SampleFlag

ALPHA = 0.18
ALPHA_RANGE_4 = 0.06
_BLOCK = 64
_TOP_RANGE = 4


class SpikeFilter:
    """For three samples from a change of range on, gives a moving average instead of the sample.

    The average is exponential with weight 0.18, in range 4 with 0.06. It stands still for the first
    two samples after a change into range 4, and for samples that were lost. These are the constants
    of Nordic's application; without the filter the samples are what was measured.
    """

    def __init__(self) -> None:
        self._averages: tuple[float, float] | None = None
        self._range = -1
        self._since = 3

    def __call__(
        self, current: NDArray[np.float32], ranges: NDArray[np.uint8], flags: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """Filter float32 [n] amperes taken in `ranges` [n]; mark what was replaced in `flags`."""
        n = len(current)
        if n == 0:
            return current
        changed = np.empty(n, bool)
        changed[0] = self._range >= 0 and ranges[0] != self._range
        np.not_equal(ranges[1:], ranges[:-1], out=changed[1:])
        spike, second = self._after(changed)
        held = (ranges == _TOP_RANGE) & (changed | second)
        held |= np.isnan(current)
        kept = current[~held].astype(np.float64)
        position = np.cumsum(~held)  # of the latest kept sample, counted from 1
        first = self._averages or ((float(kept[0]),) * 2 if len(kept) else (np.nan, np.nan))
        slow = ranges == _TOP_RANGE
        filtered = current.copy()
        ends = []
        for alpha, start, where in (
            (ALPHA, first[0], spike & ~slow),
            (ALPHA_RANGE_4, first[1], spike & slow),
        ):
            average = np.concatenate(([start], moving_average(kept, alpha, start)))
            where &= ~np.isnan(current)
            filtered[where] = average[position[where]]
            ends.append(float(average[-1]))
        self._averages = (ends[0], ends[1]) if np.isfinite(ends[0]) else None
        self._range = int(ranges[-1])
        flags[spike] |= SampleFlag.RANGE_SWITCH
        return filtered

    def _after(self, changed: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """The three samples from a change on, and of them the second where it changes no more."""
        at = np.flatnonzero(changed)
        second = np.zeros_like(changed)
        second[at[at + 1 < len(changed)] + 1] = True
        third = np.zeros_like(changed)
        third[at[at + 2 < len(changed)] + 2] = True
        # A change at the end of the samples before goes on into these.
        if self._since == 1:
            second[0] = True
            third[1:2] = True
        elif self._since == 2:
            third[0] = True
        last = int(at[-1]) if len(at) else -self._since
        self._since = min(3, len(changed) - last)
        return changed | second | third, second & ~changed


def moving_average(values: NDArray[np.float64], alpha: float, start: float) -> NDArray[np.float64]:
    """y[k] = alpha x[k] + (1 - alpha) y[k-1] with y[-1] = `start`, float64 [n].

    In blocks of 64 the recursion is a weighted running sum, all blocks at once; only the last value
    of each block is carried on one after the other.
    """
    n = len(values)
    blocks = -(-n // _BLOCK)
    if blocks == 0:
        return np.empty(0)
    decay = (1 - alpha) ** np.arange(1, _BLOCK + 1)
    padded = np.zeros(blocks * _BLOCK)
    padded[:n] = values
    table = padded.reshape(blocks, _BLOCK)
    own = np.cumsum(table * (alpha / decay), axis=1) * decay
    carried = np.empty(blocks)
    value, whole = start, float(decay[-1])
    for number, end in enumerate(own[:, -1].tolist()):
        carried[number] = value
        value = end + whole * value
    result: NDArray[np.float64] = (own + carried[:, None] * decay).reshape(-1)[:n]
    return result
