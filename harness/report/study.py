"""A study that was run again: its figures beside the published ones, as sections and as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.domain.bubble import Bubble
from harness.domain.study import Figure, RowResult
from harness.report.bubbles import LEAD, bubble_figure
from harness.report.section import Cell, Section, TableView, number, words

PLOT = "Accuracy against operations"


def study_sections(title: str, rows: Sequence[RowResult]) -> list[Section]:
    """One table for each row that was run, the plot if there is one, and what is missing."""
    ran = [row for row in rows if not row.missing]
    sections = [
        Section(
            title=row.title,
            tables=(_figures(row),) if row.figures else (),
            notes=(f"failed: {row.error}",) if row.error else (),
        )
        for row in ran
    ]
    if ran:
        sections[0] = Section(
            title=f"{title}: {sections[0].title}",
            tables=sections[0].tables,
            notes=sections[0].notes,
        )
    bubbles = [bubble for row in ran for bubble in row.bubbles]
    if bubbles:
        sections.append(_plot(bubbles))
    waiting = [row for row in rows if row.missing]
    return [*sections, _missing(waiting)] if waiting else sections


def study_rows(rows: Sequence[RowResult]) -> list[dict[str, Any]]:
    """The same flat: one entry for each figure, missing file and error."""
    flat: list[dict[str, Any]] = []
    for row in rows:
        flat += [{"row": row.title, **_plain(figure)} for figure in row.figures]
        flat += [
            {"row": row.title, "missing": needed.path, "from": needed.origin}
            for needed in row.missing
        ]
        if row.error:
            flat.append({"row": row.title, "error": row.error})
    return flat


def _plain(figure: Figure) -> dict[str, Any]:
    published = figure.published
    return {
        "quantity": figure.quantity,
        "measured": figure.measured or None,
        "how": figure.how,
        "published": published.value if published else None,
        "source": published.source if published else None,
        "comparable": None if published is None else not published.not_comparable,
        "not_comparable": (published.not_comparable or None) if published else None,
    }


def _figures(row: RowResult) -> TableView:
    return TableView(
        caption="",
        # "how" tells a model from a measurement
        columns=("quantity", "here", "how", "published", "published in"),
        numeric=(False,) * 5,
        rows=tuple(_cells(figure) for figure in row.figures),
    )


def _cells(figure: Figure) -> tuple[Cell, ...]:
    published = figure.published
    measured = words(figure.measured) if figure.measured else Cell("-", None, figure.how)
    if published is None:
        beside = (Cell("-", None, "nothing was published"), words(""))
    else:
        beside = (
            Cell(published.value, published.value, _reason(published.not_comparable)),
            words(published.source),
        )
    return (words(figure.quantity), measured, words(figure.how if figure.measured else ""), *beside)


def _reason(not_comparable: str) -> str:
    return f"not comparable: {not_comparable}" if not_comparable else ""


def _plot(bubbles: Sequence[Bubble]) -> Section:
    table = TableView(
        caption="",
        columns=("model", "MACs", "weights", "accuracy", "inputs"),
        numeric=(False, True, True, True, True),
        rows=tuple(
            (
                words(one.name),
                number(one.macs, f"{one.macs:,}"),
                number(one.weight_bytes, f"{one.weight_bytes:,}"),
                number(one.accuracy, f"{100 * one.accuracy:.1f} %"),
                number(one.n, f"{one.n:,}"),
            )
            for one in sorted(bubbles, key=lambda one: one.macs)
        ),
    )
    return Section(PLOT, lead=LEAD, tables=(table,), figures=(bubble_figure(bubbles),))


def _missing(rows: Sequence[RowResult]) -> Section:
    table = TableView(
        caption="",
        columns=("row", "missing", "from"),
        numeric=(False,) * 3,
        rows=tuple(
            (words(row.title), words(needed.path), words(needed.origin))
            for row in rows
            for needed in row.missing
        ),
    )
    return Section(title="Not run: files are missing", tables=(table,))
