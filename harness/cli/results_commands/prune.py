"""`harness results prune`: delete old runs that nobody named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from harness.cli.options import Results


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(prune)


def prune(
    older_than: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Only runs begun so long ago.")
    ] = None,
    keep_last: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Only runs that are not among the last N."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Delete; without it, only tell what would be deleted.")
    ] = False,
    results: Results = None,
) -> None:
    """Delete runs with their cases, and raw data that nothing refers to any more.

    Runs with a tag stay. With both conditions a run must meet both.

    Example:

    `harness results prune --older-than 90 --keep-last 200`
    """
    from harness.errors import ConfigError
    from harness.results.kept import open_kept
    from harness.results.pruning import prunable
    from harness.results.pruning import prune as delete

    if older_than is None and keep_last is None:
        raise ConfigError(
            "nothing says which runs may go",
            where="harness results prune",
            hint="Give --older-than DAYS, --keep-last N, or both.",
        )
    store = open_kept(results)
    before = None if older_than is None else datetime.now(UTC) - timedelta(days=older_than)
    runs = prunable(store, before=before, keep_last=keep_last)
    if not yes:
        for run in runs:
            typer.echo(f"{run.id[:8]}  {run.started:%Y-%m-%d %H:%M}  {run.command_line}")
        typer.echo(f"to be deleted with --yes: {len(runs):,}", err=True)
        return
    done = delete(store, runs)
    typer.echo(
        f"deleted: runs {done.runs:,}, cases {done.cases:,}, "
        f"raw data {done.raw_bytes / 2**20:,.1f} MiB",
        err=True,
    )
