"""The comparison table for a terminal, as wide as it is and no wider."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.domain.record import CaseRecord
from harness.report.energy_table import as_lines, energy_sections
from harness.report.layout import Sheet, lay_out
from harness.report.section_text import sections_shown

_ENERGY_WIDTH = 140
_GAP = 2  # one of padding, one of the box
_MATTERS = 4  # ranks up to this one are shown wherever they fit at all
_HIGHLIGHT = {"instructions", "cycles", "speed-up"}


def summary(records: Sequence[CaseRecord], width: int) -> RenderableType:
    """Return the comparison table and its footer for a terminal of `width` columns.

    Where not all columns fit, more tables take some; what still does not fit is left out, the less
    important first, and named below. Energies stand in tables of their own.
    """
    if not records:
        return Text("no cases")
    sheet = lay_out(records)
    blocks = _blocks(sheet, width)
    parts: list[RenderableType] = []
    for kept in blocks:
        parts += [_table(sheet, kept), Text()]
    parts += [_marked("✗", failure, "red") for failure in sheet.failures]
    parts += [_marked(mark, note, "dim") for mark, note in sheet.notes]
    parts += [Text(line, style="dim") for line in sheet.footer]
    shown = {number for kept in blocks for number in kept}
    dropped = [
        column.title.replace("\n", " ")
        for number, column in enumerate(sheet.columns)
        if number not in shown
    ]
    if dropped:
        text = f"not shown in {width} columns: {', '.join(dropped)}"
        parts.append(Text(text, style="dim italic"))
    if energies := energy_sections(records):
        wide = width >= _ENERGY_WIDTH
        parts += [Text(), sections_shown(energies if wide else map(as_lines, energies))]
    return Group(*parts)


def summary_text(records: Sequence[CaseRecord], width: int, color: bool = False) -> str:
    """Return what `summary` shows as text, with ANSI colours if `color`."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
    )
    console.print(summary(records, width))
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def _blocks(sheet: Sheet, width: int) -> list[list[int]]:
    """Return the columns of each table; the columns that name the rows stand in all of them.

    One table if all fit. Else one of measurements, if need be another for those it has no room for
    and that matter, and one of sizes; these two also take along what else they have room for.
    """
    every = list(range(len(sheet.columns)))
    if _total(sheet, every) <= width:
        return [every]
    names = [n for n in every if sheet.columns[n].rank == 0]
    first = _fitting(sheet, [n for n in every if not sheet.columns[n].below], width)
    last = _fitting(sheet, [n for n in every if n in names or sheet.columns[n].below], width)
    last = _taking_along(sheet, last, set(first), width)
    left = [n for n in every if n not in {*first, *last} and sheet.columns[n].rank <= _MATTERS]
    middle = _fitting(sheet, sorted([*names, *left]), width)
    if len(middle) > len(names):
        middle = _taking_along(sheet, middle, {*first, *last}, width)
    return [first, *(block for block in (middle, last) if len(block) > len(names))]


def _taking_along(sheet: Sheet, block: list[int], shown: set[int], width: int) -> list[int]:
    """Return `block` with what is in no other table and fits beside it."""
    for number in range(len(sheet.columns)):
        if number not in shown and _total(sheet, {*block, number}) <= width:
            block = sorted({*block, number})
    return block


def _fitting(sheet: Sheet, block: list[int], width: int) -> list[int]:
    """Return the columns of a table that fit, in order; those of the highest rank go first."""
    kept = list(block)
    while _total(sheet, kept) > width:
        least = max(kept, key=lambda number: (sheet.columns[number].rank, number))
        if sheet.columns[least].rank == 0:
            break
        kept.remove(least)
    return kept


def _total(sheet: Sheet, block: Iterable[int]) -> int:
    return sum(_width(sheet, number) + _GAP for number in block)


def _width(sheet: Sheet, number: int) -> int:
    texts = [sheet.columns[number].title]
    texts += [cells[number] for group in sheet.groups for cells in group.rows]
    return max(cell_len(line) for text in texts for line in text.split("\n"))


def _table(sheet: Sheet, kept: Sequence[int]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )
    for number in kept:
        column = sheet.columns[number]
        table.add_column(
            Text(column.title),
            justify="right" if column.number else "left",
            no_wrap=column.rank > 0,
            overflow="fold",
        )
    for group in sheet.groups:
        for cells, failed in zip(group.rows, group.failed, strict=True):
            table.add_row(*(_text(sheet, number, cells[number], failed) for number in kept))
        table.add_section()
    return table


def _text(sheet: Sheet, number: int, text: str, failed: bool) -> Text:
    title = sheet.columns[number].title
    if failed and title == "kernels":
        return Text(text, style="red")
    if text.startswith("-"):
        return Text(text, style="dim")
    return Text(text, style="bold" if title in _HIGHLIGHT else "")


def _marked(mark: str, text: str, style: str) -> RenderableType:
    """A line below the table that, where it wraps, goes on below its text and not its mark."""
    grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style), Text(text, style))
    return grid
