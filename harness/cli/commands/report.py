"""`harness report`: kept runs as one HTML page, Markdown or CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import OUTPUT, Quiet, Results

if TYPE_CHECKING:
    from harness.report.content import ReportContent

PANEL = "Look at results"
WHAT = "What to show"
BATTERY = "Battery life"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(report)


def report(
    run: Annotated[
        list[str] | None,
        typer.Option(
            help="Run: last, last~1, a tag, the beginning of an id or commit, a day; repeat for "
            "several.",
            show_default="last",
            rich_help_panel=WHAT,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Begin with a verdict beside this run or baseline file (.json).",
            rich_help_panel=WHAT,
        ),
    ] = None,
    history: Annotated[
        int,
        typer.Option(
            min=0, help="Draw the counts over so many of the last runs.", rich_help_panel=WHAT
        ),
    ] = 0,
    profile: Annotated[
        list[Path] | None,
        typer.Option(
            help="File of `harness profile`, for the maps of arena and flash; repeat for several.",
            rich_help_panel=WHAT,
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            help="Write one page that opens offline.", rich_help_panel=OUTPUT, dir_okay=False
        ),
    ] = None,
    md: Annotated[
        Path | None, typer.Option(help="Write Markdown.", rich_help_panel=OUTPUT, dir_okay=False)
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write a row for each case.", rich_help_panel=OUTPUT, dir_okay=False),
    ] = None,
    title: Annotated[
        str, typer.Option(help="Heading of the report.", rich_help_panel=OUTPUT)
    ] = "Benchmark report",
    duty_cycle: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Fraction of time spent in inferences.", rich_help_panel=BATTERY
        ),
    ] = None,
    battery_mah: Annotated[
        float | None,
        typer.Option(min=0, help="What the battery gives, in mAh.", rich_help_panel=BATTERY),
    ] = None,
    sleep_ua: Annotated[
        float | None,
        typer.Option(
            min=0, help="Current between inferences, in microamperes.", rich_help_panel=BATTERY
        ),
    ] = None,
    results: Results = None,
    quiet: Quiet = False,
) -> None:
    """Show kept runs as one HTML page, Markdown or CSV.

    The verdict or a summary comes first, then comparison tables, derived figures, plots and the
    provenance of every number. Without a file to write, Markdown is printed.

    Example:

    `harness report --run last --against last~1 --history 30 --html report.html`
    """
    from rich.console import Console

    from harness import assembly
    from harness.report.content import Battery
    from harness.report.files import require_folders

    files = [path for path in (html, md, csv) if path is not None]
    require_folders(files)
    content = assembly.report_content(
        run or ["last"],
        results=results,
        against=against,
        history=history,
        profiles=profile or [],
        battery=Battery(duty_cycle, battery_mah, sleep_ua),
    )
    _write(content, title, html=html, md=md, csv=csv)
    if not quiet:
        for path in files:
            Console(stderr=True).print(f"written: {path}", style="dim", soft_wrap=True)


def _write(
    content: ReportContent, title: str, *, html: Path | None, md: Path | None, csv: Path | None
) -> None:
    """Write what is asked for, each file whole or not at all.

    Raises:
        StoreError: a file cannot be written.
    """
    from harness.report.document import render_markdown
    from harness.report.files import write_text

    if html:
        from harness.report.html import render

        write_text(html, render(content, title))
    if md:
        write_text(md, render_markdown(content, title))
    if csv:
        from harness.report.spreadsheet import render_csv

        write_text(csv, render_csv(content))
    if not (html or md or csv):
        typer.echo(render_markdown(content, title))
