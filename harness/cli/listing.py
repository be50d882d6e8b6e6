"""How `harness targets`, `models`, `kernels`, `builds` and `datasets` print what there is."""

from __future__ import annotations

import json as json_format
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def show(rows: Sequence[Mapping[str, object]], *, json: bool) -> None:
    """Print `rows`, which all have the same keys, as a table or as JSON."""
    if json:
        typer.echo(json_format.dumps(list(rows), indent=2, default=str))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in rows[0] if rows else ():
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console().print(table)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
