"""`harness power again`: what the kept traces of a run say of other windows or baselines."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.listing import AsJson
from harness.cli.options import Results
from harness.cli.power_commands._reading import Align, BaselineSpan, baseline_span, write_plot

if TYPE_CHECKING:
    from harness.domain.energy import EnergyReading


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(again)


def again(
    run: Annotated[str, typer.Option(help="Run, as for `harness report`.")] = "last",
    windows: Annotated[
        int | None, typer.Option(min=1, help="Windows that count.", show_default="as measured")
    ] = None,
    inferences: Annotated[
        int | None, typer.Option(min=1, help="Inferences in each.", show_default="as measured")
    ] = None,
    least_window: Annotated[
        float | None, typer.Option(min=0, help="Shorter windows give no number.")
    ] = None,
    align: Align = "",
    baseline: BaselineSpan = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Folder for a drawing of each trace.", file_okay=False),
    ] = None,
    results: Results = None,
    json: AsJson = False,
) -> None:
    """Analyse the traces of a run again: nothing is measured, and nothing that is kept changes."""
    from harness.assembly import power_runs
    from harness.report.energy import energy_lines

    rows: list[dict[str, object]] = []
    for kept in power_runs.kept_traces(run, results):
        trace = power_runs.trace_of_run(kept, results)
        reading, found = power_runs.analyse_again(
            trace,
            kept,
            windows=windows,
            inferences=inferences,
            alignment=align,
            least_window_s=least_window,
            baseline=baseline_span(baseline),
        )
        rows.append({"case": kept.case, "trace": kept.sha256, **_row(reading, kept.energy_j)})
        if not json:
            typer.echo(kept.case)
            for name, text in [*energy_lines(reading), ("trace", kept.sha256)]:
                typer.echo(f"  {name:<22}{text}")
        if plot is not None:
            write_plot(trace, found, plot / f"{kept.sha256[:12]}.svg")
    if json:
        typer.echo(json_format.dumps(rows, indent=2))


def _row(reading: EnergyReading, measured_j: float | None) -> dict[str, object]:
    from harness.domain.power import Invalid

    if isinstance(reading, Invalid):
        return {"valid": False, "reason": reading.reason, "detail": reading.detail}
    return {
        "valid": True,
        "kind": reading.origin,
        "energy_j": reading.energy_j,
        "measured_j": measured_j,
        "expanded_j": reading.expanded_j,
        "net_j": reading.net_j,
        "baseline": None if reading.baseline is None else reading.baseline.name,
        "windows": len(reading.windows),
    }
