"""Whether two sets of readings of a noisy quantity differ by more than chance."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shift:
    """Of `after` against `before`.

    `p_value` is two-sided; `effect` the probability that a value after exceeds one before, ties
    half: 0.5 is no shift, 0 and 1 are complete separation. `attainable` is the smallest p-value
    that so few readings could ever show.
    """

    p_value: float
    effect: float
    attainable: float


def shift(before: Sequence[float], after: Sequence[float]) -> Shift:
    """The Mann-Whitney test of two samples, which assumes no distribution.

    H. B. Mann and D. R. Whitney, "On a Test of Whether one of Two Random Variables is
    Stochastically Larger than the Other", Annals of Mathematical Statistics 18 (1947), pp. 50-60;
    `effect` is their U divided by the number of pairs.

    Raises:
        ValueError: a sample without values.
    """
    if not before or not after:
        raise ValueError("a sample without values")
    attainable = 2 / math.comb(len(before) + len(after), len(before))
    if len({*before, *after}) == 1:
        return Shift(1.0, 0.5, attainable)
    from scipy import stats  # takes a second to import, and simulated counts need none of it

    found = stats.mannwhitneyu(after, before, alternative="two-sided")
    return Shift(
        float(found.pvalue), float(found.statistic) / (len(before) * len(after)), attainable
    )


# Expected range of n values of a normal distribution in standard deviations: L. H. C. Tippett, "On
# the Extreme Individuals and the Range of Samples Taken from a Normal Population", Biometrika 17
# (1925), pp. 364-387.
_RANGE = {2: 1.128, 3: 1.693, 4: 2.059, 5: 2.326, 6: 2.534, 7: 2.704, 8: 2.847, 9: 2.970, 10: 3.078}


def range_uncertainty(low: float, high: float, n: int) -> float:
    """The standard uncertainty of the mean of `n` values between `low` and `high`, in their unit.

    From the range alone, where single values are not kept: s = range / d(n), then s / sqrt(n). For
    more than ten values it is more than it need be. 0 of one.
    """
    if n < 2:
        return 0.0
    return (high - low) / _RANGE[min(n, max(_RANGE))] / math.sqrt(n)


def mean_uncertainty(values: Sequence[float]) -> float:
    """The standard uncertainty of the mean, s / sqrt(n), in the unit of the values; 0 of one.

    JCGM 100:2008 (GUM), 4.2.3: Type A evaluation.
    """
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
