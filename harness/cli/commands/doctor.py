"""`harness doctor`: what is installed, in which version, what is missing and what mends it."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness import assembly
from harness.cli.completion import complete_target
from harness.cli.listing import PANEL, AsJson
from harness.cli.options import BOARDS, Rig
from harness.domain.checkup import Finding, State, verdict

DOCUMENT_WIDTH = 140
_COLOURS = {
    State.OK: "green",
    State.OPTIONAL: "yellow",
    State.MISSING: "bold red",
    State.FAULTY: "bold red",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(doctor)


def doctor(
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-t",
            help="Look only at what this target needs; repeat for several. Default: all simulated.",
            autocompletion=complete_target,
        ),
    ] = None,
    results: Annotated[
        str | None,
        typer.Option(
            help="Results database: a file, or a database URL.",
            envvar="HARNESS_RESULTS",
            show_default="results/harness.db",
        ),
    ] = None,
    rig: Rig = None,
    probe_ports: Annotated[
        bool,
        typer.Option(
            "--probe-ports",
            help="Open each serial port and ask who answers; what is behind it may reset.",
            rich_help_panel=BOARDS,
        ),
    ] = False,
    write_rig: Annotated[
        Path | None,
        typer.Option(
            help="Write a new rig.toml for the probes and ports that are found.",
            metavar="FILE",
            show_default=False,
            rich_help_panel=BOARDS,
        ),
    ] = None,
    deadline: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds that each program may take to answer."),
    ] = assembly.CHECKUP_DEADLINE_S,
    json: AsJson = False,
) -> None:
    """Tell what is installed, which versions, what is missing, and the command that mends it.

    Nothing is installed, downloaded or written but what `--write-rig` names, and no network is
    used. Exit codes: 0 a run can start; 2 a rig.toml has faults, or pyOCD lacks a target type; 3
    something a build or a simulator needs is missing; 4 a probe, port or board; 8 results cannot be
    kept.
    """
    if write_rig is not None:
        text = assembly.propose_rig(write_rig, deadline_s=deadline, probe_ports=probe_ports)
        typer.echo(f"{text}\nwritten to {write_rig}: read it, and correct what is not so")
        return
    findings = assembly.checkup(
        target, results=results, deadline_s=deadline, rig_file=rig, probe_ports=probe_ports
    )
    if json:
        rows = [asdict(finding) for finding in findings]
        typer.echo(json_format.dumps(rows, indent=2))
    else:
        console = Console()
        # Where nobody reads on a terminal (a file, a log) there is no edge to keep within.
        console.width = console.width if console.is_terminal else DOCUMENT_WIDTH
        _show(findings, console)
    if code := verdict(findings):
        raise typer.Exit(code)


def _show(findings: Sequence[Finding], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("part", "what", "state", "version", "note"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        state = Text(finding.state, style=_COLOURS[finding.state])
        words = (Text(word) for word in (finding.version, finding.note))
        table.add_row(finding.part, Text(finding.name), state, *words)
    console.print(table)
    stops = [finding for finding in findings if finding.exit_code]
    for finding in [f for f in findings if f.mend]:
        # Below the table and never wrapped, so that it can be copied.
        line = Text.assemble((f"{finding.name}: ", _COLOURS[finding.state]), finding.mend)
        console.print(line, soft_wrap=True)
    console.print(f"{len(stops)} to mend before a run" if stops else "A run can start.")
