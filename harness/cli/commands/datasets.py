"""`harness datasets`: where inputs and labels can come from."""

from __future__ import annotations

import typer

from harness.cli.listing import PANEL, AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(datasets)


def datasets(json: AsJson = False) -> None:
    """List the kinds of data sets and how to name one with --dataset."""
    from harness import assembly

    show(
        [
            {"id": kind.name, "use": kind.syntax, "what": kind.description}
            for kind in assembly.list_datasets()
        ],
        json=json,
    )
