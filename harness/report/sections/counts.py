"""Bars for each model, target and kernel set, with their spread; a chart holds one unit only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity, Unit
from harness.report.case_name import kernels_of
from harness.report.content import ReportContent
from harness.report.plot_text import plain
from harness.report.section import Figure, Section
from harness.report.table import counted

ORDER = 40

MOST_CHARTS = 24
_BAR, _FRAME = 16, 120  # CSS pixels


@dataclass(frozen=True)
class _Kind:
    fidelity: Fidelity
    unit: Unit
    title: str
    axis: str


_KINDS = (
    _Kind(Fidelity.SILICON, Unit.CYCLES, "Latency", "ms per inference"),
    _Kind(Fidelity.SIMULATED, Unit.INSTRUCTIONS, "Instructions", "instructions per inference"),
)


@dataclass(frozen=True)
class _Bar:
    target: str
    kernels: str
    value: float
    low: float
    high: float


def sections(content: ReportContent) -> list[Section]:
    """Latency of boards and instructions of simulators, each in a section of its own."""
    found = []
    for kind in _KINDS:
        models: dict[str, list[_Bar]] = {}
        for record in content.records:
            if record.fidelity is kind.fidelity and (bar := _bar(record, kind)):
                models.setdefault(record.model, []).append(bar)
        if models:
            found.append(_section(kind, models))
    return found


def _section(kind: _Kind, models: dict[str, list[_Bar]]) -> Section:
    shown = list(models.items())[:MOST_CHARTS]
    left = len(models) - len(shown)
    more = (f"{left:,} more models are in the tables above",) if left else ()
    return Section(
        f"{kind.title} by model",
        fidelity=kind.fidelity,
        lead="Bars are medians per inference, whiskers the smallest and largest reading.",
        figures=tuple(_figure(kind, model, bars) for model, bars in shown),
        notes=more,
    )


def _bar(record: CaseRecord, kind: _Kind) -> _Bar | None:
    count = counted(record, kind.unit)
    if not isinstance(count, Measurement):
        return None
    scale = 1.0
    if kind.fidelity is Fidelity.SILICON:
        if not record.clock_hz:
            return None
        scale = 1e3 / record.clock_hz
    values = (count.value * scale, count.minimum * scale, count.maximum * scale)
    return _Bar(record.target_id, kernels_of(record), *values)


def _figure(kind: _Kind, model: str, bars: Sequence[_Bar]) -> Figure:
    kernels = list(dict.fromkeys(bar.kernels for bar in bars))
    targets = list(dict.fromkeys(bar.target for bar in bars))
    data = [_trace(name, [bar for bar in bars if bar.kernels == name]) for name in kernels]
    layout = {
        "barmode": "group",
        "xaxis": {"title": {"text": kind.axis}, "rangemode": "tozero"},
        "yaxis": {"autorange": "reversed", "categoryarray": [plain(one) for one in targets]},
    }
    return Figure(
        model,
        f"{kind.axis} by target and kernel set",
        data,
        layout,
        height=_FRAME + _BAR * (len(bars) + len(targets)),
    )


def _trace(name: str, bars: Sequence[_Bar]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": plain(name),
        "y": [plain(bar.target) for bar in bars],
        "x": [bar.value for bar in bars],
        "error_x": {
            "type": "data",
            "array": [bar.high - bar.value for bar in bars],
            "arrayminus": [bar.value - bar.low for bar in bars],
            "thickness": 1.5,
            "width": 3,
        },
        "hovertemplate": "%{y}: %{x:,.4~f}<extra>%{fullData.name}</extra>",
    }
