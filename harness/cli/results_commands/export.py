"""`harness results export`: cases into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Results


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(export)


def export(
    file: Annotated[
        Path,
        typer.Argument(help="Its suffix chooses: .csv, .jsonl or .parquet.", dir_okay=False),
    ],
    run: Annotated[
        list[str] | None, typer.Argument(help="Runs.", show_default="all of them")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option("--target", "-t", help="Only this target.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="Only this model.")
    ] = None,
    kernels: Annotated[
        list[str] | None, typer.Option("--kernels", "-k", help="Only this kernel set.")
    ] = None,
    results: Results = None,
) -> None:
    """Write cases to a file, one row each, that `import` takes in elsewhere.

    Raw data stays where it is: a case names it by its hash.

    Example:

    `harness results export all.csv`
    """
    from harness.domain.selection import CaseFilter
    from harness.results import DEFAULT_RESULTS, open_store
    from harness.results.exchange import export_cases

    store = open_store(results or DEFAULT_RESULTS)
    ids = None
    if run:
        ids = tuple(dict.fromkeys(one.id for name in run for one in store.resolve(name)))
    where = CaseFilter(
        sessions=None,
        runs=ids,
        targets=tuple(target or ()),
        models=tuple(model or ()),
        kernel_sets=tuple(kernels or ()),
    )
    count = export_cases(store, file, where)
    typer.echo(f"wrote {count:,} cases to {file}", err=True)
