"""What `harness doctor` finds on the desk, and the `rig.toml` that it proposes for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness import catalog
from harness.assembly.desks import find_desk
from harness.domain.checkup import Finding, State
from harness.errors import BadDefinition, PortNotFound, RigError

if TYPE_CHECKING:
    from harness.domain.checkup import Ask
    from harness.domain.desk import Desk, SeenPort
    from harness.domain.device import Identity
    from harness.domain.target import Target

_PART = "desk"
_WRITE = "harness doctor --write-rig rig.toml"


def desk_checkup(
    targets: Sequence[Target], ask: Ask, rig_file: Path | None, *, asked: bool, probe_ports: bool
) -> Iterator[Finding]:
    """The boards of the desk; whether pyOCD knows those of `targets`, and which ports answer.

    Where `asked`, a board of `targets` that is not there keeps a run from its end. Ports are opened
    only where `probe_ports` says so.
    """
    from harness.machine.board import seen_ports
    from harness.probe.checkup import seen_probes, target_types_checkup

    yield from target_types_checkup(ask, targets, needed=asked)
    ports = seen_ports()
    try:
        desk = find_desk(rig_file)
    except BadDefinition as error:
        mend = f"correct {error.where}, then look again: harness doctor"
        yield Finding(*(_PART, "rig.toml", State.FAULTY, "", error.what, mend, error.exit_code))
        return
    if desk.source:
        yield Finding(_PART, "rig.toml", State.OK, note=_counted(desk))
    else:
        note = "none; only boards need one"
        yield Finding(_PART, "rig.toml", State.OPTIONAL, "", note, _WRITE)
    probes = seen_probes(ask) if desk.boards else None
    uids = None if probes is None else [probe.uid for probe in probes]
    yield from _boards(targets, desk, uids, ports, asked=asked)
    if probe_ports:
        for device, answer in _answers(ports, desk).items():
            if isinstance(answer, str):
                yield Finding(_PART, f"who is on {device}", State.OPTIONAL, note=answer)
            else:
                yield Finding(_PART, f"who is on {device}", State.OK, note=_introduced(answer))


def propose_rig(path: Path, *, deadline_s: float, probe_ports: bool) -> str:
    """Write a new `rig.toml` for what is found on the desk, and return its text.

    Raises:
        ConfigError: the file is there already, or cannot be written.
        BadDefinition, DuplicateName: from the target files.
    """
    from harness import build as building
    from harness.domain.desk import Desk, Sighting
    from harness.machine.board import seen_ports
    from harness.probe.checkup import seen_probes

    ports = seen_ports()
    answers = _answers(ports, Desk()) if probe_ports else {}
    seen = Sighting(
        seen_probes(building.asker(deadline_s)) or (),
        ports,
        {device: who.target for device, who in answers.items() if not isinstance(who, str)},
    )
    text = catalog.propose(seen, catalog.targets())
    catalog.write_new(path, text)
    return text


def _boards(
    targets: Sequence[Target],
    desk: Desk,
    uids: Sequence[str] | None,
    ports: Sequence[SeenPort],
    *,
    asked: bool,
) -> Iterator[Finding]:
    from harness.machine.board import missing, owner_of

    for target in targets:
        boards = desk.of(target.id)
        if not boards and not asked:
            continue
        mend = "plug it in, then look again: harness doctor" if boards else _WRITE
        try:
            lacking = missing(target, desk, uids, lambda: ports)
            owners = [owner_of(board.probe_uid) for board in boards]
        except RigError as error:
            yield _absent(target, error, f"ls -l {error.where}", asked=asked)
            continue
        if lacking is not None:
            yield _absent(target, lacking, mend, asked=asked)
            continue
        for board, owner in zip(boards, owners, strict=True):
            used = f", in use by {owner}" if owner else ""
            note = f"probe {board.probe_uid}, {board.port}{used}"
            yield Finding(_PART, f"board {target.id}", State.OK, note=note)


def _absent(target: Target, error: RigError, mend: str, *, asked: bool) -> Finding:
    state = State.MISSING if asked else State.OPTIONAL
    code = error.exit_code if asked else 0
    return Finding(_PART, f"board {target.id}", state, "", error.what, mend, code)


def _counted(desk: Desk) -> str:
    boards = "1 board" if len(desk.boards) == 1 else f"{len(desk.boards)} boards"
    return f"{desk.source}: {boards}"


def _answers(ports: Sequence[SeenPort], desk: Desk) -> dict[str, Identity | str]:
    """Who answers on each port, but for those of boards that somebody uses."""
    from harness.link.greetings import greet_ports
    from harness.machine import needs_board
    from harness.machine.board import find_port, owner_of

    used = set()
    for board in desk.boards:
        try:
            if owner_of(board.probe_uid) is not None:
                used.add(find_port(board.port, ports))
        except PortNotFound:
            continue
    boards = [target for target in catalog.targets().values() if needs_board(target)]
    rates = sorted({board.baud_rate for board in boards}, reverse=True)
    return greet_ports([port.device for port in ports if port.device not in used], rates)


def _introduced(identity: Identity) -> str:
    kernels, build = identity.kernel_set, identity.build_id[:8]
    return f"{identity.target} answers: firmware {build} with kernel set {kernels}"
