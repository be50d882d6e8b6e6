"""A baseline at a time that somebody names: between two seconds of a recording."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from harness.domain.energy import Baseline
from harness.domain.power import Trace
from harness.errors import ConfigError
from harness.power.analysis.summary import baseline_of


def baseline_between(trace: Trace, span: tuple[str, float, float]) -> Baseline:
    """The power from `start` to `end` seconds, of a span of name, start and end.

    Raises:
        ConfigError: nothing was recorded then.
    """
    name, start, end = span
    if 0 <= start < end <= trace.duration_s:
        first, last = round(start * trace.rate_hz), round(end * trace.rate_hz)
        if np.isfinite(trace.current_a[first:last]).any():
            return baseline_of(trace, name, first, last)
    raise ConfigError(
        f"there is no sample from {start:g} to {end:g} s, and {trace.duration_s:.3f} s were "
        "recorded",
        where=f"--baseline {name}",
        hint="Name a stretch of the recording: `harness power plot` shows it.",
    )


def mean_baseline(baselines: Sequence[Baseline]) -> Baseline | None:
    """Of one state in several recordings its mean power; None where there is no recording."""
    if not baselines:
        return None
    power_w = statistics.fmean(one.power_w for one in baselines)
    return Baseline(baselines[0].name, power_w, baselines[0].relative_uncertainty)
