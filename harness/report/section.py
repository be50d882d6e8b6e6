"""A part of a report, free of any file format: tables, figures and remarks below a heading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.domain.units import Fidelity

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Cell:
    """Text to show; `order` to sort by (None goes last), `reason` where the text is a dash."""

    text: str
    order: float | str | None = None
    reason: str = ""


@dataclass(frozen=True)
class TableView:
    """A table; `numeric` says per column whether its cells are numbers."""

    caption: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A plot by plotly's `data` and `layout`; `height` in CSS pixels, `summary` says what it shows.

    Source: https://plotly.com/javascript/reference/
    """

    title: str
    summary: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    height: int = 360


@dataclass(frozen=True)
class Section:
    """A heading, and what stands below it; `fidelity` where all its numbers are of one kind.

    `folded` sections are closed on a screen and open on paper.
    """

    title: str
    fidelity: Fidelity | None = None
    lead: str = ""
    state: str = ""
    tables: tuple[TableView, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = field(default=())
    folded: bool = False


def number(value: float | None, text: str, reason: str = "") -> Cell:
    """A cell of a number, or a dash with its reason."""
    if value is None:
        return Cell("-", None, reason or "not recorded")
    return Cell(text, value)


def words(text: str) -> Cell:
    """A cell of text, sorted by it."""
    return Cell(text, text)


def footnoted(table: TableView) -> tuple[list[list[str]], list[str]]:
    """The table's texts with a mark on each dash that has a reason, and the reasons in order."""
    reasons = list(dict.fromkeys(cell.reason for row in table.rows for cell in row if cell.reason))
    marks = {reason: _mark(place) for place, reason in enumerate(reasons, start=1)}
    texts = [
        [cell.text + (marks[cell.reason] if cell.reason else "") for cell in row]
        for row in table.rows
    ]
    return texts, [f"{mark} {reason}" for reason, mark in marks.items()]


def _mark(place: int) -> str:
    return str(place).translate(_SUPERSCRIPT)
