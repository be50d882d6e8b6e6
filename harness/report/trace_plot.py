"""A trace drawn: current over time with its windows, how often each current, operators as bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.domain.energy import OperatorEnergy, Window
from harness.domain.power import Floats, Invalid, Trace
from harness.report.energy import SIMULATED
from harness.report.svg import HEIGHT, Drawing, document

_COLUMNS = 800
_BINS = 80


def plot_trace(
    trace: Trace,
    windows: Sequence[Window] = (),
    operators: Sequence[OperatorEnergy] = (),
    names: Sequence[str] = (),
) -> str:
    """An SVG document of the trace; without a single sample it has no curve."""
    groups = [_over_time(trace, windows).group(0), _histogram(trace, windows).group(HEIGHT)]
    known = [one for one in operators if not isinstance(one.energy_j, Invalid)]
    if known:
        groups.append(_bars(known, names).group(2 * HEIGHT, x_ticks=False))
    return document(groups)


def _over_time(trace: Trace, windows: Sequence[Window]) -> Drawing:
    milliamperes = trace.current_a * 1e3
    known = milliamperes[np.isfinite(milliamperes)]
    top = float(known.max(initial=0.0)) or 1.0
    about = f"{trace.info.model}, {trace.rate_hz:g} samples/s, {trace.lost} lost"
    title = f"Current over time ({about})"
    if trace.origin == "simulated":
        title += f" - {SIMULATED}"
    drawing = Drawing(
        title, "time / s", "current / mA", (0, max(trace.duration_s, 1e-9)), (0, 1.05 * top)
    )
    for window in windows:
        drawing.span(window.first / trace.rate_hz, window.end / trace.rate_hz)
    for places, low, high in _columns(milliamperes):
        drawing.band([place / trace.rate_hz for place in places], low, high)
    return drawing


def _columns(values: Floats) -> list[tuple[list[int], list[float], list[float]]]:
    """Least and greatest value of each column of pixels; a column without values is a gap."""
    size = max(1, len(values) // _COLUMNS)
    whole = len(values) // size * size
    table = values[:whole].reshape(-1, size)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(table).any(axis=1))
    low = np.where(np.isfinite(table), table, np.inf).min(axis=1)
    high = np.where(np.isfinite(table), table, -np.inf).max(axis=1)
    pieces = []
    for run in np.split(np.arange(len(table)), np.flatnonzero(np.diff(known)) + 1):
        if len(run) and known[run[0]]:
            places = (run * size + size // 2).tolist()
            pieces.append((places, low[run].tolist(), high[run].tolist()))
    return pieces


def _histogram(trace: Trace, windows: Sequence[Window]) -> Drawing:
    inside = np.zeros(len(trace), bool)
    for window in windows:
        inside[window.first : window.end] = True
    values = trace.current_a[inside] if windows else trace.current_a
    values = values[np.isfinite(values)] * 1e3
    counts, edges = np.histogram(values, _BINS) if len(values) else (np.ones(1), np.arange(2.0))
    share = counts / counts.sum() * 100
    where = "in the windows" if windows else "in the trace"
    drawing = Drawing(
        f"How often each current occurs {where}",
        "current / mA",
        "samples / %",
        (float(edges[0]), float(edges[-1])),
        (0, 1.05 * float(share.max())),
    )
    for height, low, high in zip(
        share.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True
    ):
        drawing.bar(low, high, height)
    return drawing


def _bars(operators: Sequence[OperatorEnergy], names: Sequence[str]) -> Drawing:
    joules = [one.energy_j for one in operators if not isinstance(one.energy_j, Invalid)]
    top = 1.05e6 * max(joules)
    drawing = Drawing(
        "Energy of each operator", "operator", "energy / uJ", (0, len(joules)), (0, top)
    )
    for place, (one, energy) in enumerate(zip(operators, joules, strict=True)):
        drawing.bar(place + 0.1, place + 0.9, energy * 1e6, one.name(names))
    return drawing
