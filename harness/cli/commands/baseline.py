"""`harness baseline`: small files that later runs are held to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.commands.regress import Allow, Save, Thresholds
from harness.cli.options import Json, Results, Run
from harness.cli.presented import PANEL, require_known

_File = Annotated[Path, typer.Argument(help="FILE.json of the baseline.", dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        help="Keep what a run measured as a small file, and hold later runs to it.",
    )
    group.command()(write)
    group.command()(check)
    app.add_typer(group, name="baseline", rich_help_panel=PANEL)


def write(file: _File, run: Run = "last", results: Results = None) -> None:
    """Write what a run measured; every case of it must have ended well.

    Example:

    `harness baseline write results/baselines/digits.json`
    """
    from harness.cli.kept import cases_called
    from harness.results.baseline import write_baseline

    label, observations = cases_called(run, results)
    latest = {one.key.case: one for one in observations}
    write_baseline(file, list(latest.values()))
    typer.echo(f"{len(latest)} cases of {label} kept in {file}")


def check(
    file: _File,
    run: Run = "last",
    thresholds: Thresholds = None,
    allow: Allow = None,
    json: Json = False,
    save: Save = None,
    results: Results = None,
) -> None:
    """Judge a run beside a baseline, as `harness regress` does and with its exit codes."""
    from harness.cli.judging import conclude, verdicts_on

    require_known(save or [])
    title, verdicts = verdicts_on(
        str(file), run, results=results, thresholds=thresholds, allow=allow or ()
    )
    raise typer.Exit(conclude(title, verdicts, json=json, save=save or []))
