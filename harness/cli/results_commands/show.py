"""`harness results show`: the rows of kept runs, as `harness run` ended with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Json, Results


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(show)


def show(
    run: Annotated[list[str], typer.Argument(help="Runs; several are shown as one table.")],
    save: Annotated[
        list[Path] | None,
        typer.Option(help="Also write the rows to FILE (.json, .csv, .md).", dir_okay=False),
    ] = None,
    json: Json = False,
    results: Results = None,
) -> None:
    """Show the table of kept runs.

    Example:

    `harness results show last`
    """
    from rich.console import Console

    from harness.cli.measured import DOCUMENT_WIDTH
    from harness.domain.selection import CaseFilter
    from harness.report import records_to_json, require_writable, summary, summary_text
    from harness.report import write_report as write
    from harness.results.interrupted import without_interrupted
    from harness.results.kept import open_kept

    require_writable(save or [])
    store = open_kept(results)
    ids = dict.fromkeys(found.id for name in run for found in store.resolve(name, sessions=True))
    kept = store.records(CaseFilter(runs=tuple(ids), sessions=None))
    records = [stored.record for stored in without_interrupted(kept)]
    out = Console(stderr=json)
    if not records:
        out.print("no case of it has ended", style="dim")
    elif out.is_terminal:
        out.print(summary(records, width=out.width))
    else:
        out.file.write(summary_text(records, width=DOCUMENT_WIDTH))
    if json:
        typer.echo(records_to_json(records))
    for path in save or []:
        write(path, records)
