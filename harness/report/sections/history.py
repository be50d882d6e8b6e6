"""How a number went over the runs, and where a new level begins."""

from __future__ import annotations

from typing import Any

from harness.domain.units import Fidelity, Unit
from harness.report.content import HistoryLine, ReportContent
from harness.report.plot_text import plain
from harness.report.section import Figure, Section

ORDER = 70

MOST_LINES = 24


def sections(content: ReportContent) -> list[Section]:
    """One section for each fidelity, with a chart for each quantity and unit."""
    found = []
    for fidelity in Fidelity:
        lines = [line for line in content.history if line.fidelity is fidelity]
        if lines:
            found.append(_section(fidelity, lines))
    return found


def _section(fidelity: Fidelity, lines: list[HistoryLine]) -> Section:
    figures, notes = [], []
    for quantity, unit in dict.fromkeys((line.quantity, line.unit) for line in lines):
        of_it = [line for line in lines if (line.quantity, line.unit) == (quantity, unit)]
        figures.append(_figure(quantity, unit, of_it[:MOST_LINES]))
        if len(of_it) > MOST_LINES:
            notes.append(f"{quantity}: {len(of_it) - MOST_LINES:,} more lines are not drawn")
        notes += [note for line in of_it for note in _changes(line)]
    return Section(
        "History",
        fidelity=fidelity,
        lead="Every run that measured a case in the same way; a diamond begins a new level.",
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _figure(quantity: str, unit: Unit, lines: list[HistoryLine]) -> Figure:
    data = [trace for number, line in enumerate(lines) for trace in _traces(number, line)]
    layout = {
        "xaxis": {"type": "date", "title": {"text": "start of the run (UTC)"}},
        "yaxis": {"title": {"text": unit.value if unit.value != "fraction" else quantity}},
    }
    changes = sum(len(line.changes) for line in lines)
    summary = f"{quantity} over runs; cases: {len(lines)}, new levels: {changes}"
    return Figure(quantity, summary, data, layout, height=320 + 20 * len(lines))


def _traces(number: int, line: HistoryLine) -> list[dict[str, Any]]:
    name = plain(line.case)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "legendgroup": line.case,
            "meta": {"color": number},
            "x": [point.when.isoformat() for point in line.points],
            "y": [point.value for point in line.points],
            "text": [plain(point.label) for point in line.points],
            "line": {"shape": "hv"},
            "marker": {"size": 5},
            "hovertemplate": "%{text}<br>%{x}: %{y:,}<extra>%{fullData.name}</extra>",
        }
    ]
    if line.changes:
        steps = [line.points[index] for index in line.changes]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "new level",
                "legendgroup": line.case,
                "showlegend": False,
                "meta": {"color": number},
                "x": [point.when.isoformat() for point in steps],
                "y": [point.value for point in steps],
                "text": [plain(point.label) for point in steps],
                "marker": {"size": 13, "symbol": "diamond-open", "line": {"width": 2}},
                "hovertemplate": "new level from %{text}: %{y:,}<extra></extra>",
            }
        )
    return traces


def _changes(line: HistoryLine) -> list[str]:
    if line.levels:
        both = " and ".join(f"{level:,.10g}" for level in line.levels)
        return [f"{line.case}: {line.quantity} is bistable: {both} by turns"]
    return [
        f"{line.case}: {line.quantity} {line.points[index - 1].value:,.10g} -> "
        f"{line.points[index].value:,.10g} from {line.points[index].label}"
        for index in line.changes
        if index > 0
    ]
