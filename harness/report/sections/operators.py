"""Where the counts go: one stacked bar for each case, a piece for each operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.report.content import OperatorStack, ReportContent
from harness.report.plot_text import in_lines, plain
from harness.report.section import Cell, Figure, Section, TableView, number, words

ORDER = 50


def sections(content: ReportContent) -> list[Section]:
    """One section for each fidelity among the stacks, with a chart for each model."""
    kinds = dict.fromkeys((stack.fidelity, stack.unit) for stack in content.stacks)
    found = []
    for fidelity, unit in sorted(kinds):
        stacks = [one for one in content.stacks if (one.fidelity, one.unit) == (fidelity, unit)]
        models = list(dict.fromkeys(stack.model for stack in stacks))
        by_model = [[stack for stack in stacks if stack.model == model] for model in models]
        found.append(
            Section(
                f"{unit.value.capitalize()} by operator",
                fidelity=fidelity,
                lead="Each operator in a window of its own, from a profile; pieces in the order "
                "the operators run.",
                figures=tuple(map(_figure, by_model)),
                tables=tuple(map(_table, by_model)),
            )
        )
    return found


def _figure(stacks: Sequence[OperatorStack]) -> Figure:
    kinds = list(dict.fromkeys(one.operator for stack in stacks for one in stack.operators))
    most = max(len(stack.operators) for stack in stacks)
    seen: set[str] = set()
    data = []
    for position in range(most):
        for kind in kinds:
            pieces = [
                (stack, stack.operators[position])
                for stack in stacks
                if position < len(stack.operators) and stack.operators[position].operator == kind
            ]
            if pieces:
                data.append(
                    {
                        "type": "bar",
                        "orientation": "h",
                        "name": plain(kind),
                        "legendgroup": kind,
                        "showlegend": kind not in seen,
                        "y": [in_lines(stack.case) for stack, _ in pieces],
                        "x": [piece.count for _, piece in pieces],
                        "text": [plain(_hover(piece.kernels)) for _, piece in pieces],
                        "textposition": "none",
                        "hovertemplate": f"#{position} {plain(kind)}: %{{x:,}}<br>%{{text}}"
                        "<extra>%{y}</extra>",
                        "meta": {"color": kinds.index(kind)},
                    }
                )
                seen.add(kind)
    layout: dict[str, Any] = {
        "barmode": "stack",
        "xaxis": {"title": {"text": f"{stacks[0].unit.value} per inference"}},
        "yaxis": {"autorange": "reversed"},
    }
    summary = f"{stacks[0].model}: {most} operators in {len(stacks)} cases"
    return Figure(stacks[0].model, summary, data, layout, height=150 + 34 * len(stacks))


def _hover(kernels: Sequence[str]) -> str:
    return ", ".join(kernels) or "no library function"


def _table(stacks: Sequence[OperatorStack]) -> TableView:
    columns = ("#", "operator", *(stack.case for stack in stacks))
    longest = max(stacks, key=lambda stack: len(stack.operators))
    rows = []
    for position, one in enumerate(longest.operators):
        cells = [Cell(str(one.index), float(one.index)), words(one.operator)]
        for stack in stacks:
            there = position < len(stack.operators)
            count = stack.operators[position].count if there else None
            cells.append(number(count, "" if count is None else f"{count:,.0f}"))
        rows.append(tuple(cells))
    numeric = (True, False, *(True for _ in stacks))
    return TableView(f"{stacks[0].model}: operators", columns, numeric, tuple(rows))
