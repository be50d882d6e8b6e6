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
    raw: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Also take in the cases' raw data from the folder that `export --raw` filled.",
            show_default="raw data is not taken in",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    results: Results = None,
) -> None:
    """Take in cases of files; what is there already stays as it is.

    Example:

    `harness results import all.jsonl --results-db postgresql+psycopg://bench@host/results`
    """
    from harness.results import DEFAULT_RESULTS, open_store
    from harness.results.exchange import import_cases
    from harness.results.raw_folder import RawFolder

    store = open_store(results or DEFAULT_RESULTS)
    for path in file:
        done = import_cases(store, path, None if raw is None else RawFolder(raw))
        typer.echo(
            f"{path}: runs added: {done.runs:,}, cases added: {done.cases:,}, "
            f"there already: {done.known:,}",
            err=True,
        )
        if raw is not None:
            typer.echo(
                f"{path}: raw data added: {done.raw_added:,}, nowhere: {done.raw_missing:,}",
                err=True,
            )
