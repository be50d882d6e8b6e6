"""`harness power plot`: draw a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Results
from harness.cli.power_commands._reading import Align, Windows, write_plot
from harness.errors import ConfigError


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(plot)


def plot(
    trace: Annotated[
        str, typer.Argument(help="A trace's name (its first characters), or a file.")
    ] = "",
    run: Annotated[
        str, typer.Option(help="In place of a trace: the run that kept it, such as `last`.")
    ] = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to.", dir_okay=False)
    ] = Path("trace.svg"),
    windows: Windows = 1,
    align: Align = "",
    results: Results = None,
) -> None:
    """Draw current over time with the windows found, and how often each current occurs."""
    if bool(trace) == bool(run):
        raise ConfigError(
            "one trace is drawn, or that of a run",
            where="harness power plot",
            hint="Name a trace, a file, or a run with --run.",
        )
    if run:
        _plot_of_run(run, output, align, results)
        return
    from harness.assembly import power
    from harness.assembly.power_kept import stored_trace

    kept = stored_trace(trace, results)
    _, found = power.analyse_trace(kept, power.Analysis(windows=windows, alignment=align))
    write_plot(kept, found, output)


def _plot_of_run(run: str, output: Path, align: str, results: str | None) -> None:
    from harness.assembly import power_runs

    kept, *more = power_runs.kept_traces(run, results)
    if more:
        raise ConfigError(
            f"{run} has {1 + len(more)} traces",
            where="--run",
            hint=f"Draw all of them with `harness power again --run {run} --plot FOLDER`, or name "
            f"one, such as {kept.sha256[:12]}.",
        )
    trace = power_runs.trace_of_run(kept, results)
    _, found = power_runs.analyse_again(trace, kept, alignment=align)
    write_plot(trace, found, output)
