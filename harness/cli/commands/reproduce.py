"""`harness reproduce`: published studies from files of yours, with the published numbers beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options
from harness.cli.options import OUTPUT, Json, Quiet, Results, Rig
from harness.domain.energy_asked import EnergyAsked

PANEL = "Look at results"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(reproduce)


def reproduce(
    study: Annotated[
        str | None, typer.Argument(help="Which study; without one, they are listed.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The folder of models and data sets.",
            envvar="HARNESS_TEST_DATA",
            file_okay=False,
            show_default="the current one",
        ),
    ] = None,
    files: Annotated[
        bool, typer.Option("--files", help="Only list the files it needs, and where they are from.")
    ] = False,
    target: Annotated[list[str] | None, options.target_option("mps2-an500")] = None,
    kernels: Annotated[list[str] | None, options.kernels_option("cmsis-nn")] = None,
    limit: Annotated[int | None, options.limit_option("inputs on a device")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            help="An option of the study, NAME=VALUE; repeat for several. The list of studies has "
            "them.",
        ),
    ] = None,
    rig: Rig = None,
    power_meter: options.PowerMeter = None,
    power_voltage: options.PowerVoltage = None,
    json: Json = False,
    save: Annotated[
        list[Path] | None,
        typer.Option(
            help="Also write it to FILE; its suffix chooses .json, .csv or .md.",
            rich_help_panel=OUTPUT,
            dir_okay=False,
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            help="Write one page that opens offline, with the study's plots.",
            rich_help_panel=OUTPUT,
            dir_okay=False,
        ),
    ] = None,
    results: Results = None,
    quiet: Quiet = False,
) -> None:
    """Run a published study again: its rows from your files, published numbers beside measured.

    Rows whose files are missing are listed with where to get them; the others run. A published
    number that ours may not be held against says why.

    Example:

    `harness reproduce openmv-lenet --data data --limit 50`
    """
    from harness import assembly
    from harness.cli.listing import show

    if study is None:
        return show(_listed(), json=json)
    folder = data or Path()
    if files:
        needed = [
            {
                "file": one.path,
                "there": "yes" if (folder / one.path).exists() else "no",
                "from": one.origin,
            }
            for one in assembly.study_files(study)
        ]
        return show(needed, json=json)
    energy = EnergyAsked(meter=power_meter or "", voltage_v=power_voltage)
    ended = _run(
        study, folder, target, kernels, limit, option, rig, energy, json, save, html, results, quiet
    )
    raise typer.Exit(ended)


def _run(
    study: str,
    folder: Path,
    target: list[str] | None,
    kernels: list[str] | None,
    limit: int | None,
    option: list[str] | None,
    rig: Path | None,
    energy: EnergyAsked,
    json: bool,
    save: list[Path] | None,
    html: Path | None,
    results: str | None,
    quiet: bool,
) -> int:
    from rich.console import Console

    from harness import assembly
    from harness.cli.presented import present, require_known
    from harness.cli.progress import RunProgress
    from harness.report.study import study_rows, study_sections

    require_known(save or [])
    console = Console(stderr=True)
    with RunProgress(console, quiet=quiet) as progress:
        ended = assembly.reproduce(
            study,
            folder,
            progress,
            targets=target,
            kernel_sets=kernels,
            limit=limit,
            results=results,
            rig_file=rig,
            energy=energy,
            options=_options(option or []),
            on_row=lambda title: None if quiet else console.print(title, style="dim"),
        )
    sections = study_sections(ended.title, ended.rows)
    if html is not None:
        from harness.report.files import write_text
        from harness.report.html.page import render_sections

        write_text(html, render_sections(sections, ended.title))
    present(
        ended.title,
        sections,
        study_rows(ended.rows),
        json=json,
        save=save or [],
    )
    if ended.kept and not quiet:
        console.print(ended.kept, style="dim")
    return ended.exit_code


def _listed() -> list[dict[str, object]]:
    from harness import assembly

    return [
        {"id": name, "title": title, "options": [f"{key}={what}" for key, what in options.items()]}
        for name, title, options in assembly.list_studies()
    ]


def _options(written: list[str]) -> dict[str, str]:
    from harness.errors import ConfigError

    for text in written:
        if not all(text.partition("=")[::2]):
            raise ConfigError(
                f"{text!r} is no option with a value",
                where="--option",
                hint="Write NAME=VALUE, as in memory-class=80KB.",
            )
    return {name: value for name, _, value in (text.partition("=") for text in written)}
