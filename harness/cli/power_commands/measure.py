"""`harness power measure`: record from a meter, and tell the energy of an inference."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.listing import AsJson
from harness.cli.options import Results
from harness.cli.power_commands._analysis import analysing
from harness.cli.power_commands._reading import Battery, Plot, show_reading
from harness.domain.power_analysis import Analysis


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(analysing(measure))


def measure(
    asked: Analysis,
    meter: Annotated[
        str,
        typer.Option("--meter", "-p", help="Address of the meter.", envvar="HARNESS_POWER_METER"),
    ],
    seconds: Annotated[float, typer.Option("--seconds", "-s", min=0.01, help="How long.")] = 15.0,
    voltage: Annotated[float | None, typer.Option(help="Supply of the board in volts.")] = None,
    max_voltage: Annotated[
        float | None, typer.Option(help="Refuse any voltage above this.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Samples per second.", show_default="the meter's usual")
    ] = None,
    sync: Annotated[
        str, typer.Option(help="What the meter records of the gate: gate, pulse, trigger, none.")
    ] = "gate",
    keep_output: Annotated[
        bool, typer.Option("--keep-output", help="Leave the supply on at the end.")
    ] = False,
    battery: Battery = None,
    plot: Plot = None,
    results: Results = None,
    json: AsJson = False,
) -> None:
    """Feed a board that runs by itself, record, and tell the energy of an inference.

    The windows are those in which the board's gate pin is high. The trace is kept with the results,
    and what you say of the analysis beside it: `harness power again HASH` makes another one.

    Exit codes: 0 there is a number; 2 your words; 4 the meter; 7 there is no number, and why.
    """
    from harness.assembly import power

    trace = power.record_trace(
        meter,
        seconds=seconds,
        voltage_v=voltage,
        highest_v=max_voltage,
        rate_hz=rate,
        sync=sync,
        keep_output=keep_output,
        note=lambda text: typer.echo(text, err=True),
    )
    show_reading(trace, asked, results, json=json, plot=plot, battery=battery)
