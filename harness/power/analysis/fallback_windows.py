"""Windows where no edge was recorded: less exact ways, each with the error it brings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.domain.energy import Alignment, Window
from harness.domain.power import Invalid, Reason, Trace
from harness.power.analysis.limits import Expected

TRIGGER_ERROR_S = 1e-3
HOST_ERROR_S = 30e-3
_STEP_BINS = 2000


def by_trigger(trace: Trace, expected: Expected) -> list[Window] | Invalid:
    """One window from the first sample on, as long as the board says."""
    seconds = expected.board_s(0)
    if not trace.triggered or seconds is None or expected.windows != 1:
        return Invalid(
            Reason.MISSING_EDGES,
            "a start by hardware gives one window, and only with the board's own time",
            "Use the gate, or measure one window at a time.",
        )
    return windows_between(
        trace, [(0.0, seconds)], Alignment.HARDWARE_START, max(TRIGGER_ERROR_S, 1 / trace.rate_hz)
    )


def by_host(trace: Trace, expected: Expected) -> list[Window] | Invalid:
    """Windows at the times the host sent the command and had the answer."""
    if trace.started_s is None or len(expected.host_s) != expected.windows:
        return wrong_number(len(expected.host_s), expected.windows, "host times")
    start = trace.started_s
    spans = [(a - start, b - start) for a, b in expected.host_s]
    return windows_between(trace, spans, Alignment.HOST, HOST_ERROR_S)


def by_step(trace: Trace, expected: Expected) -> list[Window] | Invalid:
    """Windows where the current is on the upper side of half-way between its two levels."""
    size = max(1, len(trace) // _STEP_BINS)
    whole = len(trace) // size * size
    with np.errstate(invalid="ignore"):
        bins = np.nan_to_num(trace.current_a[:whole].reshape(-1, size).mean(axis=1))
    if not len(bins):
        return wrong_number(0, expected.windows, "steps")
    low, high = np.percentile(bins, [5, 95])
    above = np.concatenate(([False], bins > (low + high) / 2, [False]))
    if high < 1.2 * low:
        return wrong_number(0, expected.windows, "steps of the current of 20 % or more")
    steps = np.flatnonzero(above[1:] != above[:-1]) * size / trace.rate_hz
    spans = [(float(a), float(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]
    if len(spans) != expected.windows:
        return wrong_number(len(spans), expected.windows, "steps")
    return windows_between(trace, spans, Alignment.STEP, 2 * size / trace.rate_hz)


def windows_between(
    trace: Trace,
    spans: Sequence[tuple[float, float]],
    alignment: Alignment,
    edge_error_s: float | Sequence[float],
) -> list[Window] | Invalid:
    """Windows of a trace from second to second, whose edges are uncertain: all alike, or each."""
    errors = [edge_error_s] * len(spans) if isinstance(edge_error_s, float) else edge_error_s
    windows = []
    for (start, end), error_s in zip(spans, errors, strict=True):
        first, last = round(start * trace.rate_hz), round(end * trace.rate_hz)
        if not 0 <= first < last <= len(trace):
            return Invalid(
                Reason.OUTSIDE_TRACE,
                f"a window from {start:.3f} to {end:.3f} s, and {trace.duration_s:.3f} s recorded",
                "Start to record before the window, and end after it.",
            )
        windows.append(Window(first, last, alignment, error_s))
    return windows


def wrong_number(found: int, wanted: int, what: str) -> Invalid:
    """There are not as many as windows."""
    return Invalid(
        Reason.MISSING_EDGES,
        f"{found} {what} where {wanted} windows were expected",
        "Wire the gate pin to the meter, or give the board's times.",
    )
