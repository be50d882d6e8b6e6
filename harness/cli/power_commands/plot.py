"""`harness power plot`: draw a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Results
from harness.cli.power_commands._reading import Align, Windows, write_plot


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(plot)


def plot(
    trace: Annotated[str, typer.Argument(help="A trace's name (its first characters), or a file.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to.", dir_okay=False)
    ] = Path("trace.svg"),
    windows: Windows = 1,
    align: Align = "",
    results: Results = None,
) -> None:
    """Draw current over time with the windows found, and how often each current occurs."""
    from harness.assembly import power
    from harness.assembly.power_kept import stored_trace

    kept = stored_trace(trace, results)
    _, found = power.analyse_trace(kept, power.Analysis(windows=windows, alignment=align))
    write_plot(kept, found, output)
