"""`harness nightly`: a planned matrix measured, judged beside what was, and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.options import OUTPUT, Quiet, Results, Rig, WaitBoard


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Night by night")(nightly)


def _file(help: str) -> Any:
    return typer.Option(
        help=help, show_default="the plan's", rich_help_panel=OUTPUT, dir_okay=False
    )


def nightly(
    plan: Annotated[
        Path, typer.Option(help="TOML file: what to measure, and how to judge.", dir_okay=False)
    ] = Path("nightly.toml"),
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the last run, which was this nightly: what ended well is taken over.",
        ),
    ] = False,
    html: Annotated[
        Path | None,
        _file("Write the report."),
    ] = None,
    junit: Annotated[
        Path | None,
        _file("Write JUnit XML."),
    ] = None,
    summary: Annotated[
        Path | None,
        _file("Write the verdict as Markdown; a GitHub step summary gets it anyhow."),
    ] = None,
    openmetrics: Annotated[
        Path | None,
        _file("Write OpenMetrics text."),
    ] = None,
    rig: Rig = None,
    wait_board: WaitBoard = 0,
    results: Results = None,
    quiet: Quiet = False,
) -> None:
    """Measure a planned matrix, judge it beside the nightly before or a baseline, and report.

    A case that the rig failed is tried once more, a board that failed twice is set aside, and a
    case that takes too long is given up. Regressions of noisy metrics are confirmed by an
    immediate re-run. Each operator is counted too, so that a verdict names those that moved.

    Exit codes: 0 nothing got worse, 1 a regression, 4 no regression but a case without a result;
    2, 3, 6, 7 and 8 as everywhere.

    Example:

    `harness nightly --plan nightly.toml --html nightly.html --junit nightly.xml`
    """
    from dataclasses import replace

    from rich.console import Console

    from harness import assembly
    from harness.cli.night import NightLines, show, write
    from harness.report.files import require_folders

    planned = assembly.read_nightly(plan)
    given = {"html": html, "junit": junit, "summary": summary, "openmetrics": openmetrics}
    files = replace(planned.files, **{name: path for name, path in given.items() if path})
    require_folders(files.wanted)
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    lines = NightLines(console, quiet=quiet)
    night = assembly.nightly(
        planned,
        lines,
        results=results,
        resume=resume,
        rig_file=rig,
        wait_board_s=wait_board,
        on_plan=lines.begin,
    )
    write(night, files, results)
    show(night)
    if not quiet:
        for path in files.wanted:
            console.print(f"written: {path}", style="dim")
    raise typer.Exit(night.exit_code)
