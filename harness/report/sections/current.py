"""Current over time, with each window of inferences shaded; drawn where traces are kept."""

from __future__ import annotations

from harness.domain.units import Fidelity
from harness.report.content import CurrentTrace, ReportContent
from harness.report.current_figures import more_figures
from harness.report.section import Figure, Section

ORDER = 25

MOST_POINTS = 4000
_LEAD = "Current over time; the shaded parts are the measured windows."
_LEADS = {
    Fidelity.SIMULATED: f"{_LEAD} Of a virtual meter: a formula of the board's gate, in its "
    "virtual time, and no measurement."
}


def sections(content: ReportContent) -> list[Section]:
    """One section for each fidelity among the traces."""
    found = []
    for fidelity in dict.fromkeys(trace.fidelity for trace in content.traces):
        traces = [trace for trace in content.traces if trace.fidelity is fidelity]
        found.append(
            Section(
                "Current",
                fidelity=fidelity,
                lead=_LEADS.get(fidelity, _LEAD),
                figures=tuple(
                    figure for trace in traces for figure in (_figure(trace), *more_figures(trace))
                ),
                notes=tuple(
                    f"{trace.case}: no energies of operators: {trace.no_operators}"
                    for trace in traces
                    if trace.no_operators
                ),
            )
        )
    return found


def _figure(trace: CurrentTrace) -> Figure:
    seconds, amperes = thinned(trace.seconds, trace.amperes, MOST_POINTS)
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "current",
            "x": [1e3 * second for second in seconds],
            "y": [1e3 * ampere for ampere in amperes],
            "line": {"width": 1},
            "hovertemplate": "%{x:.4~f} ms: %{y:.4~f} mA<extra></extra>",
        }
    ]
    windows = [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": 1e3 * begin,
            "x1": 1e3 * end,
            "y0": 0,
            "y1": 1,
            "opacity": 0.18,
            "layer": "below",
            "line": {"width": 0},
        }
        for begin, end in trace.windows
    ]
    layout = {
        "xaxis": {"title": {"text": "ms"}},
        "yaxis": {"title": {"text": "mA"}, "rangemode": "tozero"},
        "shapes": windows,
        "showlegend": False,
    }
    summary = f"{len(trace.seconds):,} readings; shaded: what is measured"
    if len(seconds) < len(trace.seconds):
        summary += "; the smallest and largest of neighbouring readings are drawn"
    return Figure(trace.case, summary, data, layout)


def thinned(
    x: tuple[float, ...], y: tuple[float, ...], most: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """At most `most` points: the smallest and largest of each bunch, so that no peak is lost."""
    if len(x) <= most:
        return x, y
    bunch = -(-2 * len(x) // most)
    kept: list[int] = []
    for start in range(0, len(x), bunch):
        inside = range(start, min(start + bunch, len(x)))
        low, high = min(inside, key=y.__getitem__), max(inside, key=y.__getitem__)
        kept += sorted({low, high})
    return tuple(x[n] for n in kept), tuple(y[n] for n in kept)
