"""Windows by the board's own clock, tied to the host's and the meter's by what came before what.

Lines bound the clock skew as in S. B. Moon, P. Skelly, D. Towsley, "Estimation and removal of clock
skew from network delay measurements", INFOCOM 1999, pp. 227-234.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.domain.energy import Alignment, Window
from harness.domain.power import Floats, Invalid, Reason, Trace
from harness.power.analysis.fallback_windows import windows_between, wrong_number
from harness.power.analysis.limits import Expected, Limits

ROUNDING_S = 1e-7
Span = tuple[float, float]


@dataclass(frozen=True)
class Moment:
    """A time that lies between `earliest` and `latest`, and most likely is `likely`; seconds."""

    earliest: float
    likely: float
    latest: float


def markers_there(trace: Trace, expected: Expected) -> bool:
    """Whether there is all that this way needs."""
    told = trace.started_s is not None and trace.earliest_s is not None
    return told and bool(expected.device_s) and bool(expected.host_s)


def by_markers(trace: Trace, expected: Expected, limits: Limits) -> list[Window] | Invalid:
    """Windows where board, host and meter together leave them; the edge error is proven.

    It is how far the true edge can be from the one taken, and a sample more, because a sample is
    taken anywhere between two borders.
    """
    for told, what in ((expected.device_s, "times of the board"), (expected.host_s, "host times")):
        if len(told) != expected.windows:
            return wrong_number(len(told), expected.windows, what)
    moments = on_host(expected.device_s, expected.host_s, limits.clock)
    if isinstance(moments, Invalid):
        return moments
    edges = on_trace(trace, moments)
    if isinstance(edges, Invalid):
        return edges
    errors = [max(edge.latest - edge.likely, edge.likely - edge.earliest) for edge in edges]
    return windows_between(
        trace,
        [(begin.likely, end.likely) for begin, end in zip(edges[::2], edges[1::2], strict=True)],
        Alignment.MARKER,
        [max(two) + 1 / trace.rate_hz for two in zip(errors[::2], errors[1::2], strict=True)],
    )


def on_host(device: Sequence[Span], host: Sequence[Span], skew: float) -> list[Moment] | Invalid:
    """On the host's clock, when each window began and ended: two moments for each of `device`.

    The host's time is a + b * the board's, |b - 1| <= `skew`. No window began before it was asked
    for (`host[i][0]`), and none ended after it was answered (`host[i][1]`). These lines bound a
    convex region of (a, b): an edge is earliest and latest in one of its corners. Most likely is
    what has b nearest to 1, in the middle of what a can be.
    """
    at, origin = np.array(device, np.float64), host[0][0]
    at -= at[0, 0]
    asked = np.array([one[0] for one in host], np.float64) - origin
    answered = np.array([one[1] for one in host], np.float64) - origin
    lines = _lines(at, asked, answered, skew)
    corners = _corners(lines)
    if not len(corners):
        return _contradiction(lines)
    b = float(np.clip(1.0, corners[:, 1].min(), corners[:, 1].max()))
    a = float((asked - b * at[:, 0]).max() + (answered - b * at[:, 1]).min()) / 2
    moments = []
    for edge in map(float, at.reshape(-1)):
        there = corners @ (1.0, edge)
        least, likely, most = float(there.min()), a + b * edge, float(there.max())
        moments.append(Moment(least + origin, likely + origin, most + origin))
    return moments


def _lines(at: Floats, asked: Floats, answered: Floats, skew: float) -> Floats:
    """Rows (p, q, r) of p a + q b <= r, those of b alone last."""
    ones = np.ones(len(at))
    return np.concatenate(
        (
            np.stack((-ones, -at[:, 0], -asked), axis=1),
            np.stack((ones, at[:, 1], answered), axis=1),
            [(0.0, 1.0, 1 + skew), (0.0, -1.0, skew - 1)],
        )
    )


def _corners(lines: Floats) -> Floats:
    """All (a, b) in which two of the lines cross and none is violated: [n, 2]."""
    one, two = (lines[numbers] for numbers in np.triu_indices(len(lines), 1))
    area = one[:, 0] * two[:, 1] - two[:, 0] * one[:, 1]
    crossing = area != 0
    one, two, area = one[crossing], two[crossing], area[crossing]
    a = (one[:, 2] * two[:, 1] - two[:, 2] * one[:, 1]) / area
    b = (one[:, 0] * two[:, 2] - two[:, 0] * one[:, 2]) / area
    points = np.stack((a, b), axis=1)
    kept = (points @ lines[:, :2].T <= lines[:, 2] + ROUNDING_S).all(axis=1)
    return np.asarray(points[kept])


def _contradiction(lines: Floats) -> Invalid:
    """By how much the host's times would have to be wrong for the region not to be empty."""
    from scipy.optimize import linprog  # takes a while to import, and is hardly ever needed

    late = np.append(np.ones(len(lines) - 2), (0.0, 0.0))
    found = linprog(
        (0.0, 0.0, 1.0),
        A_ub=np.column_stack((lines[:, :2], -late)),
        b_ub=lines[:, 2],
        bounds=((None, None), (None, None), (0.0, None)),
    )
    return Invalid(
        Reason.CLOCK_MISMATCH,
        f"the board's clock contradicts the times at which it was asked and answered by "
        f"{2e3 * float(found.x[2]):.3f} ms, with a rate within {100 * float(lines[-2, 2] - 1):g} %",
        "Check the rate of the board's clock, and that nothing reset or halted the board.",
    )


def on_trace(trace: Trace, moments: Sequence[Moment]) -> list[Moment] | Invalid:
    """The same moments on the trace's time base, whose own rate is uncertain, too.

    A meter that samples faster than it says by a part e began up to e times the recording later
    than its last block tells, and is ahead by e times what passed since.
    """
    assert trace.started_s is not None
    assert trace.earliest_s is not None
    start, first = trace.started_s, trace.earliest_s
    drift = 0.0 if trace.host_time else trace.accuracy.time_base
    late = drift * trace.duration_s
    if start + late < first:
        return Invalid(
            Reason.CLOCK_MISMATCH,
            f"the meter's samples came {(first - start - late) * 1e3:.3f} ms too early for when "
            "it was told to begin",
            "Check the rate that the meter really samples with.",
        )
    return [
        Moment(
            min((one.earliest - start) * (1 - drift), (one.earliest - start - late) * (1 + drift)),
            one.likely - (start + first) / 2,
            (one.latest - first) * (1 + drift),
        )
        for one in moments
    ]
