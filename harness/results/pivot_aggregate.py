"""One cell of a pivot made of several cases: its number, its interval, and what it differs from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from harness.domain.measurement import Measurement
from harness.domain.units import Unit
from harness.results.case_table import METRICS
from harness.results.comparison import HIGHER_IS_BETTER, interval_of
from harness.results.pivot_cells import PlacedCase
from harness.results.telling_apart import told_apart

_PARTS = ("_min", "_max")


def aggregated(cases: Sequence[PlacedCase], value: str, aggregate: str) -> Measurement:
    """The cell's number, `aggregate` as pandas calls it; of one case with its own n and range."""
    values = pd.Series([case.value for case in cases], dtype=float)
    if aggregate in ("first", "last"):
        number = float(values.iloc[0 if aggregate == "first" else -1])
    else:
        number = float(values.agg(aggregate))
    if math.isnan(number):  # the deviation of one case
        number = 0.0
    reading = cases[0].seen.reading(METRICS.get(value, value))
    known = reading if isinstance(reading, Measurement) else None
    return Measurement(
        quantity=value,
        value=number,
        unit=Unit.COUNT if aggregate == "count" else _unit(value, cases),
        n=known.n if known and len(cases) == 1 else len(cases),
        minimum=known.minimum if known and len(cases) == 1 else float(values.min()),
        maximum=known.maximum if known and len(cases) == 1 else float(values.max()),
        fidelity=cases[0].seen.key.fidelity,
        instrument=known.instrument if known else "record",
        method=f"{aggregate} of {len(cases)} cases",
        resolution=known.resolution if known else None,
    )


def _unit(value: str, cases: Sequence[PlacedCase]) -> Unit:
    reading = cases[0].seen.reading(_metric(value))
    if isinstance(reading, Measurement):
        return reading.unit
    return Unit.BYTES if value.endswith("_bytes") else Unit.COUNT


def _metric(value: str) -> str:
    """The metric of an observation that a column belongs to."""
    for part in _PARTS:
        value = value.removesuffix(part)
    return METRICS.get(value, value)


def interval(cases: Sequence[PlacedCase], value: str) -> tuple[float, float] | None:
    """Of one share its interval; of several the span of theirs."""
    found = [
        known
        for case in cases
        if (known := interval_of(case.seen.reading(_metric(value)))) is not None
    ]
    if not found:
        return None
    return min(low for low, _ in found), max(high for _, high in found)


def apart(
    value: str,
    aggregate: str,
    base: Sequence[PlacedCase],
    cases: Sequence[PlacedCase],
    before: Measurement,
    after: Measurement,
) -> bool:
    """Whether two cells differ: in any pair of their cases by more than is uncertain about it."""
    if before.value == after.value:
        return False
    metric = _metric(value)
    pairs = [
        (one.seen, other.seen)
        for one in base
        for other in cases
        if len(base) == 1 or len(cases) == 1 or _alike(one, other)
    ]
    known = [pair for pair in pairs if all(metric in seen.metrics for seen in pair)]
    if aggregate == "count" or not known:
        return True
    return any(told_apart(metric, *pair) for pair in known)


def _alike(one: PlacedCase, other: PlacedCase) -> bool:
    """Whether two cases of a row are the same network on the same target or by the same kernels."""
    mine, theirs = one.seen.key, other.seen.key
    return mine.model == theirs.model and (
        mine.target == theirs.target or mine.kernel_set == theirs.kernel_set
    )


def best(
    value: str,
    aggregate: str,
    kept: Mapping[str, Sequence[PlacedCase]],
    found: Mapping[str, Measurement],
) -> set[str]:
    """The columns that are best, with all that cannot be told apart; none where that is all."""
    if len(found) < 2 or aggregate == "count":
        return set()
    pick = max if _metric(value) in HIGHER_IS_BETTER and aggregate != "std" else min
    top = pick(found, key=lambda name: found[name].value)
    as_good = {
        name
        for name in found
        if name == top
        or not apart(value, aggregate, kept[top], kept[name], found[top], found[name])
    }
    return as_good if len(as_good) < len(found) else set()
