"""`harness power import`: take the trace of another program, and tell its energy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.listing import AsJson
from harness.cli.options import Results
from harness.cli.power_commands._analysis import analysing
from harness.cli.power_commands._reading import Battery, Plot, show_reading
from harness.domain.power_analysis import Analysis


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("import")(analysing(import_trace))


def import_trace(
    asked: Analysis,
    file: Annotated[Path, typer.Argument(help=".csv, .jls, .npz, EEMBC or LPM log.")],
    format: Annotated[str, typer.Option(help="Its format.", show_default="by its name")] = "",
    voltage: Annotated[float | None, typer.Option(help="Supply, if the file has none.")] = None,
    rate: Annotated[float | None, typer.Option(help="Samples per second, if it has none.")] = None,
    current: Annotated[str, typer.Option(help="Name of the current.")] = "",
    time: Annotated[str, typer.Option(help="Name of the time.")] = "",
    volts: Annotated[str, typer.Option(help="Name of the voltage.")] = "",
    gate: Annotated[str, typer.Option(help="Name of the gate.")] = "",
    instrument: Annotated[str, typer.Option(help="What took it.")] = "imported",
    accuracy: Annotated[float, typer.Option(min=0, help="Its relative accuracy.")] = 0.02,
    battery: Battery = None,
    plot: Plot = None,
    results: Results = None,
    json: AsJson = False,
) -> None:
    """Read a recorded trace, keep it with the results, and tell the energy of an inference.

    What you say of the analysis is kept beside it: `harness power again HASH` makes another one.

    Exit codes: 0 there is a number; 2 your words; 7 there is no number, and why, or no trace.
    """
    from harness.assembly import power

    trace = power.import_trace(
        file,
        kind=format,
        voltage_v=voltage,
        rate_hz=rate,
        current=current,
        time=time,
        voltage=volts,
        gate=gate,
        instrument=instrument,
        gain=accuracy,
    )
    show_reading(trace, asked, results, json=json, plot=plot, battery=battery)
