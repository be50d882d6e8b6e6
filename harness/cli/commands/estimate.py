"""`harness estimate`: cycles worked out from instructions, and a board's own constants for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import OUTPUT, Json, Results, Run
from harness.cli.presented import PANEL, present

_File = Annotated[
    Path | None,
    typer.Option(
        help="File of the desk's own constants.",
        show_default="results/cycles-per-instruction.json",
        dir_okay=False,
        rich_help_panel=OUTPUT,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        help="Work out cycles from instructions, energy from a data sheet: no measurements.",
    )
    group.command()(cycles)
    group.command()(calibrate)
    group.command()(energy)
    app.add_typer(group, name="estimate", rich_help_panel=PANEL)


def cycles(
    run: Run = "last",
    board: Annotated[
        str | None,
        typer.Option(
            help="Use what `calibrate` kept for this target.", show_default="the core's constants"
        ),
    ] = None,
    calibration: _File = None,
    json: Json = False,
    results: Results = None,
) -> None:
    """Show cycles per inference as instructions times cycles per instruction, with the band.

    The constants come from published results of CMSIS-NN and other int8 kernels on eight chips:
    ±20 % on Cortex-M4 and M33, ±15 % on M7, ±30 % on M55; none for M3.
    """
    from harness.cli.estimating import estimated
    from harness.cli.kept import cases_called

    label, observations = cases_called(run, results)
    section, rows = estimated(observations, board, calibration)
    present(f"Estimates for {label}", [section], rows, json=json, save=[])


def energy(run: Run = "last", json: Json = False, results: Results = None) -> None:
    """Show energy per inference by the current of a data sheet, at least ±50 %: a model.

    For cases with cycles on boards whose target file has a `[power_model]`.
    """
    from harness.cli.energy_estimating import TITLE, energies_estimated
    from harness.cli.kept import cases_called

    _, observations = cases_called(run, results)
    section, rows = energies_estimated(observations)
    present(TITLE, [section], rows, json=json, save=[])


def calibrate(
    measured: Annotated[
        str, typer.Argument(metavar="BOARD_RUN", help="A run with cycles of a board.")
    ],
    simulated: Annotated[
        str, typer.Argument(metavar="SIMULATED_RUN", help="A run of the same cases, simulated.")
    ],
    calibration: _File = None,
    results: Results = None,
) -> None:
    """Keep a board's cycles per instruction, from cases both measured on it and simulated."""
    from harness.cli.kept import cases_called
    from harness.results.calibration import FILE, write_calibration
    from harness.results.estimate import calibrate as calibrated

    found = calibrated(cases_called(simulated, results)[1], cases_called(measured, results)[1])
    path = calibration or FILE
    write_calibration(found, path)
    for one in found:
        typer.echo(f"{one.of} {one.net}: CPI {one.cpi:.3f} ±{100 * one.band:.0f} %, kept in {path}")
