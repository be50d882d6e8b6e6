"""`harness targets`: boards and simulated boards."""

from __future__ import annotations

import typer

from harness.cli.listing import PANEL, AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(targets)


def targets(json: AsJson = False) -> None:
    """List the targets: core, what their numbers are worth, and room for model and arena."""
    from harness import assembly

    show(
        [
            {
                "id": target.id,
                "core": target.core.name,
                "numbers": f"{target.fidelity} {target.counter.unit}",
                "machine": target.machine,
                "slot_bytes": target.memory.model_slot.length,
                "arena_bytes": target.memory.arena.length,
                "title": target.title,
            }
            for target in assembly.list_targets()
        ],
        json=json,
    )
