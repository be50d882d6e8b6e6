"""How `harness targets`, `models`, `kernels`, `builds` and `datasets` print what there is."""

from __future__ import annotations

import json as json_format
import os
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

PANEL = "What there is"
DOCUMENT_WIDTH = 140
_BYTES = "_bytes"
_GAP = 2
_FOLDED = 8  # characters of a column whose words are folded


def show(rows: Sequence[Mapping[str, object]], *, json: bool) -> None:
    """Print `rows`, which all have the same keys, as a table or as JSON.

    A key that ends in `_bytes` makes a column in KiB, a list a line for each item. Columns of
    single words keep their width; nothing is cut, however narrow the terminal.
    """
    if json:
        typer.echo(json_format.dumps(list(rows), indent=2, default=str))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    # A file or a log has no edge to keep within, unless told.
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = DOCUMENT_WIDTH
    columns = {key: [_cell(key, row[key]) for row in rows] for key in (rows[0] if rows else ())}
    widths = _least_widths(columns, rows, console.width)
    needed = _total(widths)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for key, cells in columns.items():
        table.add_column(
            Text(_title(key)),
            justify="right" if all(isinstance(row[key], int) for row in rows) else "left",
            no_wrap=not any(" " in cell for cell in cells),
            min_width=widths[key],
            width=widths[key] if needed >= console.width else None,
            overflow="fold",
        )
    for number in range(len(rows)):
        table.add_row(*(Text(cells[number]) for cells in columns.values()))
    console.width = max(console.width, needed)
    console.print(table)


def _least_widths(
    columns: Mapping[str, Sequence[str]], rows: Sequence[Mapping[str, object]], room: int
) -> dict[str, int]:
    """Of each column its longest word; where that is too much, words of the longest are folded."""
    widths = {key: _longest_word([_title(key), *cells]) for key, cells in columns.items()}
    prose = [
        key
        for key, cells in columns.items()
        if any(" " in cell for cell in cells) and not isinstance(rows[0][key], list)
    ]
    if prose:
        widest = max(prose, key=lambda key: widths[key])
        excess = _total(widths) - room
        widths[widest] = min(widths[widest], max(_FOLDED, widths[widest] - max(0, excess)))
    return widths


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _longest_word(texts: Sequence[str]) -> int:
    return max((len(word) for text in texts for word in text.split()), default=1)


def _title(key: str) -> str:
    name = key.removesuffix(_BYTES).replace("_", " ")
    return f"{name}\nKiB" if key.endswith(_BYTES) else name


def _cell(key: str, value: object) -> str:
    if key.endswith(_BYTES) and isinstance(value, int):
        kib = value / 1024
        return f"{kib:,.0f}" if value % 1024 == 0 else f"{kib:,.1f}"
    if isinstance(value, list):
        return "\n".join(map(str, value)) or "-"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
