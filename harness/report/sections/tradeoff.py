"""Accuracy against multiply-accumulates; the area of a bubble is the size of the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.domain.measurement import Measurement
from harness.domain.proportion import wilson
from harness.domain.record import CaseRecord
from harness.report.case_name import kernels_of
from harness.report.content import ReportContent
from harness.report.plot_text import plain
from harness.report.section import Figure, Section

ORDER = 30

_LARGEST, _SMALLEST = 56.0, 6.0  # diameters in CSS pixels

Answers = tuple[float, int]  # the share of right ones, and of how many


def sections(content: ReportContent) -> list[Section]:
    """One picture: a bubble for each model, more where its cases differ in accuracy."""
    models: dict[str, dict[Answers, list[CaseRecord]]] = {}
    for record in content.records:
        accuracy = record.reading("accuracy")
        if isinstance(accuracy, Measurement) and record.macs and record.weight_bytes:
            bubbles = models.setdefault(record.model, {})
            bubbles.setdefault((accuracy.value, accuracy.n), []).append(record)
    if not models:
        return []
    most = max(_weights(same) for bubbles in models.values() for same in bubbles.values())
    macs = [same[0].macs or 1 for bubbles in models.values() for same in bubbles.values()]
    layout = {
        "xaxis": {"title": {"text": "MACs per inference"}, "type": "log", **_ticks(macs)},
        "yaxis": {"title": {"text": "accuracy in %"}},
        "hovermode": "closest",
        "legend": {"itemsizing": "constant"},
    }
    figure = Figure(
        "Accuracy against operations",
        "accuracy with its 95 % interval over MACs per inference, area by weights",
        [_trace(model, bubbles, most) for model, bubbles in models.items()],
        layout,
        height=440,
    )
    return [
        Section(
            "Accuracy against operations",
            lead="The area of a bubble is the size of the weights; bars are 95 % intervals "
            "(Wilson). Accuracy comes from outputs, so it means the same on boards and simulators.",
            figures=(figure,),
        )
    ]


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


def _weights(same: Sequence[CaseRecord]) -> int:
    return same[0].weight_bytes or 0


def _trace(
    model: str, bubbles: Mapping[Answers, Sequence[CaseRecord]], most: int
) -> dict[str, Any]:
    intervals = [wilson(share, n) for share, n in bubbles]
    shares = [share for share, _ in bubbles]
    around = list(zip(shares, intervals, strict=True))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": plain(model),
        "x": [same[0].macs for same in bubbles.values()],
        "y": [100 * share for share in shares],
        "error_y": {
            "type": "data",
            "array": [100 * (high - share) for share, (_, high) in around],
            "arrayminus": [100 * (share - low) for share, (low, _) in around],
            "thickness": 1,
            "width": 4,
        },
        "marker": {"size": [_diameter(same, most) for same in bubbles.values()], "opacity": 0.6},
        "text": [_hover(n, same) for (_, n), same in bubbles.items()],
        "hovertemplate": "%{x:,} MACs, %{y:.1f} %<br>%{text}<extra>%{fullData.name}</extra>",
    }


def _diameter(same: Sequence[CaseRecord], most: int) -> float:
    return max(_SMALLEST, _LARGEST * math.sqrt(_weights(same) / most))


def _hover(n: int, same: Sequence[CaseRecord]) -> str:
    sizes = f"weights {_weights(same) / 1024:,.1f} KiB, n = {n:,}"
    kernels = ", ".join(dict.fromkeys(map(kernels_of, same)))
    targets = ", ".join(dict.fromkeys(record.target_id for record in same))
    return f"{sizes}<br>{plain(kernels)}<br>{plain(targets)}"
