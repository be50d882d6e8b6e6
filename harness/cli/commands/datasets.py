"""`harness datasets`: where inputs and labels can come from."""

from __future__ import annotations

import typer

from harness import assembly
from harness.cli.listing import AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(datasets)


def datasets(json: AsJson = False) -> None:
    """List the kinds of data sets and how to name one with --dataset."""
    show(
        [
            {"id": kind.name, "use": kind.syntax, "what": kind.description}
            for kind in assembly.list_datasets()
        ],
        json=json,
    )
