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
    raw: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Also copy the cases' raw data (outputs, ticks, profiles, traces) into this "
            "folder.",
            show_default="raw data is not copied",
            file_okay=False,
        ),
    ] = None,
    results: Results = None,
) -> None:
    """Write cases to a file, one row each, that `import` takes in elsewhere.

    Raw data stays where it is, unless `--raw` names a folder for it: a case names it by its hash.

    Example:

    `harness results export all.csv --raw all.raw`
    """
    from harness.domain.selection import CaseFilter
    from harness.results.exchange import export_cases
    from harness.results.kept import open_kept
    from harness.results.raw_copy import copy_raw, references
    from harness.results.raw_folder import RawFolder

    store = open_kept(results)
    ids = None
    if run:
        ids = tuple(
            dict.fromkeys(one.id for name in run for one in store.resolve(name, sessions=True))
        )
    where = CaseFilter(
        sessions=None,
        runs=ids,
        targets=tuple(target or ()),
        models=tuple(model or ()),
        kernel_sets=tuple(kernels or ()),
    )
    count = export_cases(store, file, where)
    typer.echo(f"wrote {count:,} cases to {file}", err=True)
    wanted = references(store, where)
    if raw is not None:
        done = copy_raw(wanted, store.raw, RawFolder(raw))
        typer.echo(
            f"raw data in {raw}: copied: {done.copied:,}, there already: {done.known:,}, "
            f"not kept here: {done.missing:,}",
            err=True,
        )
    elif wanted:
        typer.echo(f"not copied without --raw FOLDER: raw data, {len(wanted):,} pieces", err=True)
