"""Confusion matrices: which label was taken for which, input by input."""

from __future__ import annotations

from harness.report.content import ClassCounts, ReportContent
from harness.report.section import Figure, Section

ORDER = 65

MOST = 12


def sections(content: ReportContent) -> list[Section]:
    """One picture for each case whose outputs and labels are kept, the first dozen of them."""
    if not content.confusions:
        return []
    left = len(content.confusions) - MOST
    return [
        Section(
            "Confusion",
            lead="Rows are labels, columns the largest output; numbers are inputs. Right answers "
            "lie on the diagonal.",
            figures=tuple(map(_figure, content.confusions[:MOST])),
            notes=(f"{left:,} more cases are not drawn",) if left > 0 else (),
        )
    ]


def _figure(one: ClassCounts) -> Figure:
    classes = len(one.counts)
    total = sum(map(sum, one.counts))
    right = sum(one.counts[n][n] for n in range(classes))
    shares = [[n / sum(row) if sum(row) else 0.0 for n in row] for row in one.counts]
    axis = [str(n) for n in range(classes)]
    few = classes <= 16
    trace = {
        "type": "heatmap",
        "x": axis,
        "y": axis,
        "z": shares,
        "text": [[str(n) if n else "" for n in row] for row in one.counts],
        "texttemplate": "%{text}" if few else "",
        "hovertemplate": "label %{y} taken for %{x}: %{text} (%{z:.1%})<extra></extra>",
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
    }
    layout = {
        "xaxis": {"title": {"text": "largest output"}, "type": "category", "constrain": "domain"},
        "yaxis": {"title": {"text": "label"}, "type": "category", "autorange": "reversed"},
    }
    summary = f"{right:,} of {total:,} inputs right, {classes} classes"
    return Figure(one.case, summary, [trace], layout, height=400)
