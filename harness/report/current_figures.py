"""How often each current occurs in the windows, and the energy of each operator: figures."""

from __future__ import annotations

import math

from harness.report.content import CurrentTrace
from harness.report.section import Figure


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
            "x": [name for name, _ in shown],
            "y": [value for _, value in shown],
            "hovertemplate": "%{x}: %{y:.4~f} uJ<extra></extra>",
        }
    ]
    layout = {
        "xaxis": {"type": "category"},
        "yaxis": {"title": {"text": "uJ per inference"}, "rangemode": "tozero"},
        "showlegend": False,
    }
    summary = f"{sum(value for _, value in shown):.4g} uJ in {len(shown)} bars"
    if any(" + " in name for name, _ in shown):
        summary += "; operators that are too short for the meter are told together"
    if left_out:
        summary += f"; {left_out} without an energy are left out"
    return Figure(f"{trace.case}: energy of each operator", summary, data, layout, 300)
