"""Where in a trace the borders of operators are: the edges of a pin that toggles at each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.domain.energy import WindowEnergy
from harness.domain.power import Invalid, Reason, Trace
from harness.power.analysis.levels import edges_of
from harness.power.analysis.limits import Limits
from harness.power.analysis.operator_groups import APART_SAMPLES, Borders

_WIRING = "Check the wire of the operator pin, and that the meter samples fast enough."


def border_samples(
    trace: Trace, whole: WindowEnergy, borders: Borders, limits: Limits, bit: int
) -> NDArray[np.int64] | Invalid:
    """The sample of each border of each inference, int64 [inferences, operators + 1].

    The pin is low at first, so that number and direction of every edge are known: the one of a
    border is the nearest of its direction to where the board's time since the border before puts
    it. A border that cannot be seen is put there by the board's time alone.
    """
    rises, falls = (
        edges[(edges >= whole.window.first) & (edges <= whole.window.end)].tolist()
        for edges in edges_of(trace, bit)
    )
    if (wrong := _counted(len(rises) + len(falls), borders, whole.inferences)) is not None:
        return wrong
    period = (whole.window.end - whole.window.first) / whole.inferences
    toggles = len(borders.at_s)
    rows: list[list[int]] = []
    for inference in range(whole.inferences):
        start = whole.window.first + inference * period
        found = _inference(start, inference * toggles, (rises, falls), borders, trace, limits)
        if isinstance(found, int):
            return Invalid(
                Reason.MISSING_EDGES,
                f"no edge of the operator pin at border {found} of inference {inference}, where "
                f"the board's time puts it",
                _WIRING,
            )
        rows.append(found)
    return np.array(rows, np.int64)


def _counted(edges: int, borders: Borders, inferences: int) -> Invalid | None:
    """None where there are as many edges as can be: those that may go unseen come in pairs."""
    toggles = len(borders.at_s)
    least, most = len(borders.seen) * inferences, toggles * inferences
    if least <= edges <= most:
        return None
    expected = f"{most}" if least == most else f"{least} to {most}"
    return Invalid(
        Reason.EXTRA_EDGES if edges > most else Reason.MISSING_EDGES,
        f"{edges} edges of the operator pin, {expected} are those of {toggles - 1} operators in "
        f"each of {inferences} inferences",
        _WIRING,
    )


def _inference(
    start: float,
    toggled: int,
    edges: tuple[Sequence[int], Sequence[int]],
    borders: Borders,
    trace: Trace,
    limits: Limits,
) -> list[int] | int:
    """The samples of the borders of one inference, or the number of one that is not there."""
    at = [second * trace.rate_hz for second in borders.at_s]
    # Before the first operator lies what the board does to begin an inference.
    reference, where, slack = start, 0.0, float(APART_SAMPLES)
    seen: dict[int, int] = {}
    for number in borders.seen:
        apart = at[number] - where
        found = _nearest(
            edges[(toggled + number) % 2],
            reference + apart,
            slack + APART_SAMPLES / 2 + 2 * limits.clock * apart,
        )
        if found is None:
            return number
        seen[number] = found
        reference, where, slack = float(found), at[number], 0.0
    return [_placed(number, at, seen) for number in range(len(at))]


def _placed(number: int, at: Sequence[float], seen: dict[int, int]) -> int:
    """Where a border was seen, else the board's time from the nearest that was."""
    if number in seen:
        return seen[number]
    known = min(seen, key=lambda other: abs(at[other] - at[number]))
    return round(seen[known] + at[number] - at[known])


def _nearest(edges: Sequence[int], wanted: float, within: float) -> int | None:
    place = bisect_left(edges, wanted)
    near = [edge for edge in edges[max(0, place - 1) : place + 1] if abs(edge - wanted) <= within]
    return min(near, key=lambda edge: abs(edge - wanted), default=None)
