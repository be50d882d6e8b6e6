"""The plot of accuracy over operations: a bubble for each model, its area by weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from harness.domain.bubble import Bubble
from harness.domain.proportion import wilson
from harness.report.plot_text import plain
from harness.report.section import Figure

_LARGEST, _SMALLEST = 56.0, 6.0  # diameters in CSS pixels

LEAD = (
    "The area of a bubble is the size of the weights; bars are 95 % intervals (Wilson). Accuracy "
    "comes from outputs, so it means the same on boards and simulators."
)


def bubble_figure(bubbles: Sequence[Bubble]) -> Figure:
    """The plot of one or more bubbles; those of one name have one colour."""
    most = max(bubble.weight_bytes for bubble in bubbles)
    layout = {
        "xaxis": {
            "title": {"text": "MACs per inference"},
            "type": "log",
            **_ticks([bubble.macs for bubble in bubbles]),
        },
        "yaxis": {"title": {"text": "accuracy in %"}},
        "hovermode": "closest",
        "legend": {"itemsizing": "constant"},
    }
    named: dict[str, list[Bubble]] = {}
    for bubble in bubbles:
        named.setdefault(bubble.name, []).append(bubble)
    return Figure(
        "Accuracy against operations",
        "accuracy with its 95 % interval over MACs per inference, area by weights",
        [_trace(name, same, most) for name, same in named.items()],
        layout,
        height=440,
    )


def _ticks(macs: Sequence[int]) -> dict[str, Any]:
    """1, 2 and 5 of each power of ten around the values: plotly labels the others too small."""
    powers = range(int(math.log10(min(macs))) - 1, int(math.log10(max(macs))) + 2)
    values = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return {"tickvals": values, "ticktext": [_short(value) for value in values]}


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _trace(name: str, bubbles: Sequence[Bubble], most: int) -> dict[str, Any]:
    shares = [bubble.accuracy for bubble in bubbles]
    intervals = [wilson(bubble.accuracy, bubble.n) for bubble in bubbles]
    around = list(zip(shares, intervals, strict=True))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": plain(name),
        "x": [bubble.macs for bubble in bubbles],
        "y": [100 * share for share in shares],
        "error_y": {
            "type": "data",
            "array": [100 * (high - share) for share, (_, high) in around],
            "arrayminus": [100 * (share - low) for share, (low, _) in around],
            "thickness": 1,
            "width": 4,
        },
        "marker": {"size": [_diameter(bubble, most) for bubble in bubbles], "opacity": 0.6},
        "text": [_hover(bubble) for bubble in bubbles],
        "hovertemplate": "%{x:,} MACs, %{y:.1f} %<br>%{text}<extra>%{fullData.name}</extra>",
    }


def _diameter(bubble: Bubble, most: int) -> float:
    return max(_SMALLEST, _LARGEST * math.sqrt(bubble.weight_bytes / most))


def _hover(bubble: Bubble) -> str:
    size = f"weights {bubble.weight_bytes / 1024:,.1f} KiB, n = {bubble.n:,}"
    return "<br>".join([size, *(plain(line) for line in bubble.note.splitlines())])
