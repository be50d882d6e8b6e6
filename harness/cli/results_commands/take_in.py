"""`harness results import`: cases out of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Results


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(name="import")(take_in)


def take_in(
    file: Annotated[list[Path], typer.Argument(help="Files that `harness results export` wrote.")],
    results: Results = None,
) -> None:
    """Take in cases of files; what is there already stays as it is.

    Example:

    `harness results import all.jsonl --results-db postgresql+psycopg://bench@host/results`
    """
    from harness.results import DEFAULT_RESULTS, open_store
    from harness.results.exchange import import_cases

    store = open_store(results or DEFAULT_RESULTS)
    for path in file:
        done = import_cases(store, path)
        typer.echo(
            f"{path}: runs added: {done.runs:,}, cases added: {done.cases:,}, "
            f"there already: {done.known:,}",
            err=True,
        )
