"""`harness datasets`: where inputs and labels can come from."""

from __future__ import annotations

import os

import typer

from harness.cli.listing import DOCUMENT_WIDTH, PANEL, AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(datasets)


def datasets(json: AsJson = False) -> None:
    """List the kinds of data sets and how to name one with --dataset."""
    from harness import assembly

    kinds = assembly.list_datasets()
    if json:
        rows = [{"id": one.name, "use": one.syntax, "what": one.description} for one in kinds]
        show(rows, json=True)
        return
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = DOCUMENT_WIDTH
    indent = max(len(one.name) for one in kinds) + 2
    for one in kinds:  # a column of usages would leave no room for what they are
        console.print(Text.assemble((f"{one.name:<{indent}}", "bold"), one.syntax), soft_wrap=True)
        console.print(Padding(Text(one.description), (0, 0, 0, indent), expand=False))
