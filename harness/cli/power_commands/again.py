"""`harness power again`: what kept recordings say of other windows or another baseline."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.listing import AsJson
from harness.cli.options import Results
from harness.cli.power_commands._analysis import analysing
from harness.cli.power_commands._reading import (
    Battery,
    no_energy,
    reading_json,
    write_lines,
    write_plot,
)
from harness.domain.power_analysis import Analysis
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.assembly.power_again import Again
    from harness.assembly.power_recordings import Recorded
    from harness.domain.power import Invalid


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(analysing(again, unsaid="as measured"))


def again(
    asked: Analysis,
    trace: Annotated[
        str,
        typer.Argument(help="The hash of a recording (its first characters), or a trace file."),
    ] = "",
    run: Annotated[
        str | None,
        typer.Option(
            help="In place of a trace: all recordings of this run, by its name or id; also an "
            "MLPerf energy session.",
            show_default="last",
        ),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(help="Of a run only cases whose name has these words.", show_default="all"),
    ] = None,
    battery: Battery = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Folder for a drawing of each recording.", file_okay=False),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Keep the analysis as a row of its own, beside the measured."),
    ] = False,
    results: Results = None,
    json: AsJson = False,
) -> None:
    """Analyse recordings again, with other windows or another baseline. Nothing is measured.

    What you do not say is as it was when it was measured: without options the number is that of
    the run. What is kept does not change; `--keep` adds a row, of the same recordings, that is
    compared with nothing. Of a run, `--windows 3` takes the first three windows that count. Of an
    MLPerf session each recording is a window: START and END of a baseline are seconds of each.

    Examples:

    `harness power again --run last --baseline waiting:0.5:1.5`

    `harness power again 3f2a09 --inferences 250 --align gate --min-window 5`

    Exit codes: 0 there is a number; 2 your words; 7 there is none, and why; 8 no such recording.
    """
    from harness.assembly.power_again import analyse_again
    from harness.assembly.power_recordings import recording_named, recordings_of_run
    from harness.domain.power import Invalid

    _require_one(trace, run, case)
    found = (
        [recording_named(trace, results)]
        if trace
        else recordings_of_run(run or "last", case or (), results)
    )
    rows: list[dict[str, object]] = []
    without: list[tuple[str, Invalid]] = []
    for recorded in found:
        told = analyse_again(recorded, asked)
        kept = _kept(recorded, told, results) if keep else {}
        rows.append(_row(recorded, told) | kept)
        if not json:
            typer.echo(recorded.title)
            shown = [("kept as run", str(kept["kept"])[:8])] if kept else []
            write_lines(told.reading, recorded.names, battery, *shown, indent="  ")
        if plot is not None:
            _draw(recorded, told, plot)
        if isinstance(told.reading, Invalid):
            without.append((recorded.title, told.reading))
    if json:
        typer.echo(json_format.dumps(rows[0] if trace else rows, indent=2))
    if without:
        title, invalid = without[0]
        raise no_energy(invalid, title)


def _require_one(trace: str, run: str | None, case: list[str] | None) -> None:
    if trace and (run or case):
        raise ConfigError(
            "one recording is analysed, or those of a run",
            where="harness power again",
            hint="Name a trace or a file, or a run with --run and its cases with --case.",
        )


def _row(recorded: Recorded, told: Again) -> dict[str, object]:
    measured = recorded.measured
    more = {
        "case": recorded.title,
        "traces": recorded.names,
        "measured_j": None if measured is None else measured.value,
    }
    return reading_json(told.reading, told.traces[0].origin, recorded.names, **more)


def _kept(recorded: Recorded, told: Again, results: str | None) -> dict[str, object]:
    from harness.assembly.power_kept import keep_again

    return {"kept": keep_again(recorded, told, results)}


def _draw(recorded: Recorded, told: Again, folder: Path) -> None:
    names = [name[:12] for name in recorded.names] or [Path(recorded.title).stem]
    for name, trace, windows in zip(names, told.traces, told.windows, strict=False):
        write_plot(trace, windows, folder / f"{name}.svg")
