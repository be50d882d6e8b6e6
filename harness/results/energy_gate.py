"""Whether two energies may be judged, and whether a change exceeds the scatter of their windows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from harness.domain.energy import REPEATABLE
from harness.domain.measurement import Measurement
from harness.domain.thresholds import Threshold
from harness.domain.units import Fidelity, Unit
from harness.domain.verdict import Judgement, MetricVerdict
from harness.results.significance import mean_uncertainty, range_uncertainty

LEAST_WINDOWS = 5
_ALIGNMENT = re.compile(r"alignment ([^;]+)")


def why_no_energy_is_judged(before: Measurement, after: Measurement) -> str:
    """Why two readings in joules are no matter for a verdict at all; nothing where they are.

    Only a meter on a real board counts, and windows found by something that is the same every day.
    """
    for reading in (before, after):
        if reading.fidelity is not Fidelity.SILICON:
            return f"energy of fidelity {reading.fidelity.value} is compared with nothing"
        found = _ALIGNMENT.search(reading.method)
        way = found[1] if found else "an unknown way"
        if way not in REPEATABLE:
            return f"windows found by {way} are not for comparison over time"
    return ""


def tested_energy(
    threshold: Threshold,
    verdict: MetricVerdict,
    before: Measurement,
    after: Measurement,
    windows: tuple[Sequence[float], Sequence[float]],
) -> MetricVerdict:
    """A change of energy beyond the limit: why it is not believed, or that it needs confirmation.

    It must exceed `threshold.sigmas` standard uncertainties (Type A) of the change of the medians:
    s / sqrt(M) of the M `windows` before and after in joules, or, where a baseline has kept their
    least and greatest alone, from that range.
    """
    for name, one, other in (
        ("the meter", before.instrument, after.instrument),
        ("the way of measuring", before.method, after.method),
    ):
        if one != other:
            reason = f"not comparable: {name} was {one} and is {other}"
            return replace(verdict, judgement=Judgement.NO_RESULT, reason=reason)
    if min(before.n, after.n) < LEAST_WINDOWS:
        few = f"{before.n} and {after.n} windows"
        reason = f"{few} are too few for an uncertainty: {LEAST_WINDOWS} at least"
        return replace(verdict, judgement=Judgement.NO_RESULT, reason=reason)
    uncertainty = math.hypot(_type_a(before, windows[0]), _type_a(after, windows[1]))
    if abs(after.value - before.value) <= threshold.sigmas * uncertainty:
        return replace(verdict, reason=f"within {threshold.sigmas:g} standard uncertainties")
    return replace(verdict, needs_confirmation=True)


def is_energy(reading: Measurement) -> bool:
    """Whether it is judged by this gate."""
    return reading.unit is Unit.JOULES


def _type_a(reading: Measurement, windows: Sequence[float]) -> float:
    if len(windows) == reading.n:
        return mean_uncertainty(windows)
    return range_uncertainty(reading.minimum, reading.maximum, reading.n)
