"""What the runs before say of a change: a level known of old, a new one, or none."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.thresholds import Threshold
from harness.results.history import change_points, level_near, levels

_LEAST_RUNS = 3  # fewer say nothing of where a level begins


def bistable(threshold: Threshold, history: Sequence[float], now: float) -> str:
    """That `now` is one of two levels between which the history goes to and fro; else nothing."""
    width = _width(threshold)
    known = levels(history, width) if width is not None else ()
    if not known or level_near(known, now, width or 0.0) is None:
        return ""
    shown = ", ".join(f"{level:,.6g}" for level in known)
    return f"bistable: earlier runs show {shown} by turns"


def told_by_history(threshold: Threshold, history: Sequence[float], now: float) -> str:
    """Whether the history with `now` behind it has a change point there; nothing of few runs."""
    width = _width(threshold)
    if width is None or len(history) < _LEAST_RUNS:
        return ""
    steps = change_points([*history, now], width)
    if steps and steps[-1].index == len(history):
        return f"change point: a new level after {len(history)} earlier runs"
    if steps:
        ago = len(history) - steps[-1].index
        return f"change point: the new level began {ago} {'run' if ago == 1 else 'runs'} before"
    return f"no change point in {len(history)} earlier runs"


def _width(threshold: Threshold) -> float | None:
    return threshold.limit / 100 if threshold.unit == "%" else None
