"""How often each current occurs in the windows, and the energy of each operator: figures."""

from __future__ import annotations

import math

from harness.report.content import CurrentTrace
from harness.report.section import Figure

_JOINED = " + "
_FRAME_PX, _BAR_PX = 90, 22


def more_figures(trace: CurrentTrace) -> list[Figure]:
    """What there is to draw of a recording beside its course."""
    found = [_histogram(trace)] if trace.histogram else []
    return [*found, *([_operators(trace)] if trace.operators else [])]


def _histogram(trace: CurrentTrace) -> Figure:
    milliamperes = [1e3 * middle for middle, _ in trace.histogram]
    data = [
        {
            "type": "bar",
            "x": milliamperes,
            "y": [100 * share for _, share in trace.histogram],
            "hovertemplate": "%{x:.4~f} mA: %{y:.3~f} %<extra></extra>",
        }
    ]
    layout = {
        "xaxis": {"title": {"text": "mA"}},
        "yaxis": {"title": {"text": "% of the samples"}, "rangemode": "tozero"},
        "bargap": 0,
        "showlegend": False,
    }
    summary = f"from {min(milliamperes):.4g} to {max(milliamperes):.4g} mA"
    return Figure(f"{trace.case}: how often each current occurs", summary, data, layout, 260)


def _operators(trace: CurrentTrace) -> Figure:
    shown = [(name, 1e6 * joules) for name, joules in trace.operators if not math.isnan(joules)]
    left_out = len(trace.operators) - len(shown)
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [value for _, value in shown],
            "y": [_short(name) for name, _ in shown],
            "customdata": [name for name, _ in shown],
            "hovertemplate": "%{customdata}: %{x:.4~f} uJ<extra></extra>",
        }
    ]
    layout = {
        "xaxis": {"title": {"text": "uJ per inference"}, "rangemode": "tozero"},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "dtick": 1},
        "showlegend": False,
    }
    summary = f"{sum(value for _, value in shown):.4g} uJ in {len(shown)} bars"
    if together := [name for name, _ in shown if _JOINED in name]:
        summary += f"; told together, too short for the meter: {', '.join(together)}"
    if left_out:
        summary += f"; {left_out} without an energy are left out"
    height = _FRAME_PX + _BAR_PX * max(len(shown), 1)
    return Figure(f"{trace.case}: energy of each operator", summary, data, layout, height)


def _short(name: str) -> str:
    """Of several operators the first, and how many more."""
    first, *more = name.split(_JOINED)
    return f"{first} + {len(more)} more" if more else first
