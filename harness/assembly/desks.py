"""The boards of this desk, and what is missing of those that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness import catalog
from harness.assembly.lists import simulated_targets
from harness.errors import BoardNotFound

# The rest is imported where it is used: shell completion must not wait for pyOCD or pyserial.
if TYPE_CHECKING:
    from harness.domain.desk import Desk
    from harness.domain.plan import Case
    from harness.domain.target import Target

PROBES_DEADLINE_S = 20.0


def find_desk(rig_file: Path | None = None) -> Desk:
    """The desk of `rig_file`, else of HARNESS_RIG, `./rig.toml` or the user's own; else none.

    Raises:
        BadDefinition, DuplicateName: from that file, or those of the targets.
    """
    return catalog.find_desk(catalog.targets(), rig_file)


def boards_of(targets: Iterable[Target], rig_file: Path | None = None) -> dict[str, int | None]:
    """How many boards the desk has of each target; None where it needs none.

    Raises:
        As `find_desk`.
    """
    from harness.machine import needs_board

    desk = find_desk(rig_file)
    return {
        target.id: len(desk.of(target.id)) if needs_board(target) else None for target in targets
    }


def missing_boards(
    targets: Iterable[Target], rig_file: Path | None = None
) -> dict[str, BoardNotFound]:
    """For each target that needs a board and cannot have one now: what is missing.

    A board that is in use is not missing.

    Raises:
        As `find_desk`; RigError from a board's lock.
    """
    from harness import build as building
    from harness.machine import needs_board
    from harness.machine.board import missing
    from harness.probe.checkup import seen_probes

    asked = {target.id: target for target in targets if needs_board(target)}
    if not asked:
        return {}
    desk = find_desk(rig_file)
    uids: list[str] | None = None
    if any(desk.of(name) for name in asked):
        probes = seen_probes(building.asker(PROBES_DEADLINE_S))
        uids = None if probes is None else [probe.uid for probe in probes]
    faults = {name: missing(target, desk, uids) for name, target in asked.items()}
    return {name: _with_others(fault) for name, fault in faults.items() if fault is not None}


def with_boards(cases: Sequence[Case], rig_file: Path | None = None) -> list[Case]:
    """Return `cases`, unless one of them cannot run for want of a board: told before any is built.

    Raises:
        BoardNotFound: all that is missing.
        As `missing_boards`.
    """
    faults = missing_boards((case.target for case in cases), rig_file)
    if faults:
        raise all_missing(list(faults.values()))
    return list(cases)


def all_missing(faults: Sequence[BoardNotFound]) -> BoardNotFound:
    """One error for several boards that are missing."""
    first, *others = faults
    told = [first.what, *(f"{fault.where}: {fault.what}" for fault in others)]
    return BoardNotFound("\n".join(told), where=first.where, hint=first.hint)


def _with_others(fault: BoardNotFound) -> BoardNotFound:
    simulated = ", ".join(simulated_targets())
    hint = f"{fault.hint} Targets that need no board: {simulated}."
    return BoardNotFound(fault.what, where=fault.where, hint=hint)
