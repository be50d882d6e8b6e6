"""`harness power plot`: draw a trace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Results
from harness.cli.power_commands._analysis import analysing
from harness.cli.power_commands._reading import write_plot
from harness.domain.power_analysis import Analysis
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.assembly.power_recordings import Recorded


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(analysing(plot, unsaid="as measured"))


def plot(
    asked: Analysis,
    trace: Annotated[
        str, typer.Argument(help="A trace's name (its first characters), or a file.")
    ] = "",
    run: Annotated[
        str, typer.Option(help="In place of a trace: the run that kept it, such as `last`.")
    ] = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to.", dir_okay=False)
    ] = Path("trace.svg"),
    results: Results = None,
) -> None:
    """Draw current over time with the windows found, and how often each current occurs.

    The windows are those of the measurement, or what the options of an analysis make of them:
    `harness power again` tells their energy, and draws all recordings of a run.
    """
    if bool(trace) == bool(run):
        raise ConfigError(
            "one trace is drawn, or that of a run",
            where="harness power plot",
            hint="Name a trace, a file, or a run with --run.",
        )
    from harness.assembly.power_again import analyse_again
    from harness.assembly.power_recordings import recording_named

    found = _of_run(run, results) if run else recording_named(trace, results)
    again = analyse_again(found, asked)
    write_plot(again.traces[0], again.windows[0], output)


def _of_run(run: str, results: str | None) -> Recorded:
    from harness.assembly.power_recordings import recordings_of_run

    found = recordings_of_run(run, (), results)
    names = [name for one in found for name in one.names]
    if len(names) > 1:
        raise ConfigError(
            f"{run} has {len(names)} traces",
            where="--run",
            hint=f"Draw all of them with `harness power again --run {run} --plot FOLDER`, or name "
            f"one, such as {names[0][:12]}.",
        )
    return found[0]
