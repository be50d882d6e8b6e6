"""`harness power list`: the kinds of meters, and which are connected."""

from __future__ import annotations

import typer

from harness.cli.listing import AsJson, show


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("list")(list_meters)


def list_meters(json: AsJson = False) -> None:
    """List the kinds of meters, and those that are connected. Nothing is opened."""
    from harness.assembly import power

    show(power.list_meters(), json=json)
