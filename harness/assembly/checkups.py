"""What each room says of its own needs, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness import catalog
from harness.assembly.desk_checkup import desk_checkup
from harness.assembly.lists import default_targets, list_targets
from harness.assembly.places import cache_dir
from harness.domain.units import Fidelity

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.domain.checkup import Finding

CHECKUP_DEADLINE_S = 20.0


def checkup(
    targets: Sequence[str] | None = None,
    *,
    results: Path | str | None = None,
    deadline_s: float = CHECKUP_DEADLINE_S,
    rig_file: Path | None = None,
    probe_ports: bool = False,
) -> list[Finding]:
    """Look at all that runs on `targets` need; change nothing.

    By default at what the targets of a run that names none need, and at what boards would need on
    this desk.

    Boards are those of `rig_file` (see `find_desk`). Where `probe_ports`, serial ports are opened
    to ask which firmware answers.

    Each program that is asked is ended after `deadline_s` seconds.

    Raises:
        UnknownName, BadDefinition, DuplicateName: from the definition files.
    """
    from harness import build as building
    from harness import doctor
    from harness.link.checkup import checkup as link_checkup
    from harness.machine import checkup as machine_checkup
    from harness.machine import needs_board
    from harness.probe.checkup import plugin_checkup, probes_checkup
    from harness.results import DEFAULT_RESULTS
    from harness.results import checkup as results_checkup

    chosen = [catalog.target(name) for name in targets or default_targets()]
    board = any(target.fidelity is Fidelity.SILICON for target in chosen)
    boards = [one for one in (chosen if targets else list_targets()) if needs_board(one)]
    ask = building.asker(deadline_s)
    desk: list[Finding] = []
    if board or not targets:
        desk = [
            *probes_checkup(ask, needed=board),
            *link_checkup(needed=board),
            *desk_checkup(boards, ask, rig_file, asked=board, probe_ports=probe_ports),
        ]
    return [
        *doctor.checkup(),
        *building.checkup(chosen, ask, cache_dir()),
        *machine_checkup(chosen, ask),
        *plugin_checkup(ask, doctor.reinstall()),
        *desk,
        *results_checkup(results or DEFAULT_RESULTS, deadline_s),
    ]
