"""The values of a metric run after run: where they stepped, and whether they keep two levels."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import ruptures
from numpy.typing import NDArray
from ruptures.base import BaseCost

_TO_SIGMA = 1.4826  # of a normal distribution's median absolute deviation
_PENALTY = 3.0


@dataclass(frozen=True)
class Step:
    """A change point: from run `index` on the median is `after` and no longer `before`."""

    index: int
    before: float
    after: float

    @property
    def change(self) -> float | None:
        """Relative to `before`, a fraction; None where that is 0."""
        return self.after / self.before - 1 if self.before else None


class _SquaredError(BaseCost):  # type: ignore[misc]  # ruptures has no types
    """Squared error about the mean of a part: ruptures' own l2, by sums up to each place.

    Each of the thousand parts that PELT asks of takes two subtractions, and no pass over the part.
    """

    model = "l2"
    min_size = 1

    def fit(self, signal: NDArray[np.float64]) -> _SquaredError:
        """Take the signal, shape (n,) or (n, 1)."""
        values = np.ravel(signal)
        self.signal = values.reshape(-1, 1)
        self._sums: list[float] = [0.0, *np.cumsum(values).tolist()]
        self._squares: list[float] = [0.0, *np.cumsum(values**2).tolist()]
        return self

    def error(self, start: int, end: int) -> float:
        """The cost of the part from `start` to `end`, not included."""
        total = self._sums[end] - self._sums[start]
        return max(0.0, self._squares[end] - self._squares[start] - total**2 / (end - start))


def change_points(values: Sequence[float], least: float = 0.0) -> tuple[Step, ...]:
    """The steps of a piecewise constant history, oldest first.

    PELT (R. Killick, P. Fearnhead and I. A. Eckley, "Optimal Detection of Changepoints With a
    Linear Computational Cost", Journal of the American Statistical Association 107 (2012), pp.
    1590-1598) with squared error and a penalty of 3 ln(n) variances. These are of the differences
    between neighbours, which a step does not inflate.

    Args:
        values: one per run, oldest first, in one unit.
        least: relative changes up to this fraction are no steps.
    """
    if len(values) < 2 or len(set(values)) == 1:
        return ()
    scale = max(map(abs, values))
    signal = np.asarray(values, dtype=np.float64) / scale
    noise = max(_noise(signal.tolist()), least / 2 / math.sqrt(_PENALTY), 1e-9)
    penalty = _PENALTY * math.log(len(values)) * noise**2
    search = ruptures.Pelt(custom_cost=_SquaredError(), min_size=1, jump=1)
    ends = search.fit(signal - signal[0]).predict(pen=penalty)
    bounds = [0, *ends]
    parts = [statistics.median(values[a:b]) for a, b in pairwise(bounds)]
    return tuple(
        Step(bounds[number], before, after)
        for number, (before, after) in enumerate(pairwise(parts), start=1)
        if abs(after - before) > least * abs(before)
    )


def levels(values: Sequence[float], width: float) -> tuple[float, ...]:
    """The levels between which a bistable history goes to and fro, lowest first; else none.

    Code alignment and caches make some cycle counts take one of two values by chance of the build.
    Values within the fraction `width` of a neighbour are one level. A history is bistable where it
    has two levels and changed between them three times or more: a step, or a step that was taken
    back, is not.
    """
    groups = _grouped(values, width)
    if len(groups) != 2:
        return ()
    low, high = groups
    border = (max(low) + min(high)) / 2
    sides = [value > border for value in values]
    turns = sum(one is not other for one, other in pairwise(sides))
    return (statistics.median(low), statistics.median(high)) if turns >= 3 else ()


def level_near(known: Sequence[float], value: float, width: float) -> float | None:
    """The level within the fraction `width` of which `value` lies, if any."""
    near = [level for level in known if abs(value - level) <= width * abs(level)]
    return min(near, key=lambda level: abs(value - level)) if near else None


def _noise(values: Sequence[float]) -> float:
    steps = [later - earlier for earlier, later in pairwise(values)]
    middle = statistics.median(steps)
    return _TO_SIGMA * statistics.median(abs(step - middle) for step in steps) / math.sqrt(2)


def _grouped(values: Sequence[float], width: float) -> list[list[float]]:
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] <= width * abs(value):
            groups[-1].append(value)
        else:
            groups.append([value])
    return groups
