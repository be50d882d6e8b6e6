"""`harness power doctor`: whether a meter answers, is calibrated, and samples."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from typing import Annotated

import typer

from harness.cli.listing import AsJson, show
from harness.domain.checkup import verdict


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(doctor)


def doctor(
    meter: Annotated[
        str, typer.Argument(help="Address of the meter, such as ppk2:// or virtual:ppk2.")
    ],
    json: AsJson = False,
) -> None:
    """Ask a meter who it is, and sample for half a second; its output is not switched on.

    Exit codes: 0 it can be used; 2 no such kind; 4 something is wrong with it.
    """
    from harness.assembly import power

    findings = power.check_meter(meter)
    if json:
        typer.echo(json_format.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        show(
            [
                {
                    "what": finding.name,
                    "state": str(finding.state),
                    "version": finding.version,
                    "note": finding.note,
                }
                for finding in findings
            ],
            json=False,
        )
        for finding in findings:
            if finding.mend:
                typer.echo(finding.mend)
    if code := verdict(findings):
        raise typer.Exit(code)
