"""Whether two cases differ in a metric by more than is uncertain about them."""

from __future__ import annotations

import math

from harness.domain.measurement import Measurement
from harness.domain.observation import Observation
from harness.domain.proportion import wilson
from harness.domain.units import Fidelity, Unit
from harness.results.significance import shift

SIGNIFICANCE = 0.01
_WHOLE = 1e-3  # of an input
_EXACT = {Unit.SAMPLES, Unit.LSB, Unit.BYTES}


def told_apart(metric: str, one: Observation, other: Observation) -> bool:
    """Whether the two differ in `metric`; not where either has no number.

    Shares differ where 0 is outside the 95 % interval of their difference. Simulated counts are
    exact to the counter's resolution. Cycles differ where single values do significantly, and where
    none are kept, if their ranges do not overlap. Sizes and numbers of outputs are exact. Of
    anything else only ranges that do not overlap are a difference.
    """
    first, second = one.reading(metric), other.reading(metric)
    if not isinstance(first, Measurement) or not isinstance(second, Measurement):
        return False
    change = abs(second.value - first.value)
    if is_share(first) and is_share(second):
        low, high = share_difference((first.value, first.n), (second.value, second.n))
        return low > 0 or high < 0
    if first.unit is Unit.CYCLES and first.fidelity is Fidelity.SILICON:
        samples = one.samples.get(metric), other.samples.get(metric)
        if samples[0] and samples[1]:
            return change > 0 and shift(samples[0], samples[1]).p_value < SIGNIFICANCE
    elif first.unit is Unit.INSTRUCTIONS:
        return change > max(first.resolution or 0.0, second.resolution or 0.0)
    elif first.unit in _EXACT:
        return change > 0
    return first.maximum < second.minimum or second.maximum < first.minimum


def is_share(reading: Measurement) -> bool:
    """Whether it is a whole number of `n` inputs, as a fraction: not so a scatter or a coverage."""
    hits = reading.value * reading.n
    return reading.unit is Unit.FRACTION and reading.n > 0 and abs(hits - round(hits)) < _WHOLE


def share_difference(first: tuple[float, int], second: tuple[float, int]) -> tuple[float, float]:
    """The 95 % interval of the second share less the first, each as (fraction, n).

    Method 10 of R. G. Newcombe, "Interval estimation for the difference between independent
    proportions: comparison of eleven methods", Statistics in Medicine 17 (1998), pp. 873-890. Two
    kernel sets that answer most of the same inputs alike are not independent: for them it is wider
    than need be.

    Raises:
        ValueError: as `wilson`.
    """
    (p1, n1), (p2, n2) = first, second
    (low1, high1), (low2, high2) = wilson(p1, n1), wilson(p2, n2)
    return (
        p2 - p1 - math.hypot(p2 - low2, high1 - p1),
        p2 - p1 + math.hypot(high2 - p2, p1 - low1),
    )
