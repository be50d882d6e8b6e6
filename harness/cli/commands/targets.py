"""`harness targets`: boards and simulated boards."""

from __future__ import annotations

import typer

from harness.cli.listing import PANEL, AsJson, show
from harness.cli.options import Rig


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(targets)


def targets(rig: Rig = None, json: AsJson = False) -> None:
    """List the targets: core, what their numbers are worth, and room for model and arena.

    Where the machine is a board, it says how many of them this desk has.
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
                **_machine(target.machine, boards[target.id], apart=json),
                "slot_bytes": target.memory.model_slot.length,
                "arena_bytes": target.memory.arena.length,
                # Too wide for most terminals beside all else; core and machine say what it is.
                **({"title": target.title} if json else {}),
            }
            for target in known
        ],
        json=json,
    )


def _machine(kind: str, boards: int | None, *, apart: bool) -> dict[str, object]:
    """The machine and how many boards there are, None where none is needed; in JSON two keys."""
    if apart:
        return {"machine": kind, "boards": boards}
    here = "" if boards is None else f" ({boards or 'none'} here)"
    return {"machine": f"{kind}{here}"}
