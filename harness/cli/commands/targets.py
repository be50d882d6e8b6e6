"""`harness targets`: boards and simulated boards."""

from __future__ import annotations

import typer

from harness.cli.listing import PANEL, AsJson, show
from harness.cli.options import Rig

_BOARDS = {None: None, 0: "missing"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(targets)


def targets(rig: Rig = None, json: AsJson = False) -> None:
    """List the targets: core, what their numbers are worth, and room for model and arena.

    Where a target needs a board, `board` says how many of them this desk has.
    """
    from harness import assembly

    known = assembly.list_targets()
    boards = assembly.boards_of(known, rig)
    show(
        [
            {
                "id": target.id,
                "core": target.core.name,
                "numbers": f"{target.fidelity} {target.counter.unit}",
                "machine": target.machine,
                "board": _BOARDS.get(boards[target.id], f"{boards[target.id]} here"),
                "slot_bytes": target.memory.model_slot.length,
                "arena_bytes": target.memory.arena.length,
                "title": target.title,
            }
            for target in known
        ],
        json=json,
    )
