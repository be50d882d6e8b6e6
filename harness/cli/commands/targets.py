"""`harness targets`: boards and simulated boards."""

from __future__ import annotations

import typer

from harness import assembly
from harness.cli.listing import AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(targets)


def targets(json: AsJson = False) -> None:
    """List the targets: core, what their numbers are worth, and room for model and arena."""
    show(
        [
            {
                "id": target.id,
                "core": target.core.name,
                "numbers": f"{target.fidelity} {target.counter.unit}",
                "reached by": target.machine,
                "model slot (B)": target.memory.model_slot.length,
                "arena (B)": target.memory.arena.length,
                "title": target.title,
            }
            for target in assembly.list_targets()
        ],
        json=json,
    )
