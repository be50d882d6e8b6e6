"""A real board: nothing is started, but found on the desk and kept from others while in use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.domain.coordinates import Coordinates
from harness.domain.desk import Desk, DeskBoard, SeenPort
from harness.domain.target import Target
from harness.errors import BoardNotFound, PortNotFound, ProbeBusy
from harness.machine._board_lock import Owner, locked, owner_of
from harness.machine._serial_ports import find_port, seen_ports

__all__ = ["NEEDS_BOARD", "find_port", "missing", "owner_of", "seen_ports", "start"]

NEEDS_BOARD = True
_LOOK_AGAIN_S = 0.25


@contextmanager
def start(
    target: Target,
    *,
    work_dir: Path,
    desk: Desk,
    wait_s: float = 0.0,
    on_wait: Callable[[str], None] = lambda text: None,
    ports: Callable[[], Sequence[SeenPort]] = seen_ports,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Coordinates]:
    """Take the first board of `desk` that is a `target`, is plugged in and is free; lock it.

    Where all are in use it tells `on_wait` by whom and waits `wait_s` seconds for one. Nobody else
    gets it until the context ends. `ports` lists the serial ports.

    Raises:
        BoardNotFound: the desk has no such board.
        PortNotFound: the serial port of none of them is plugged in.
        ProbeBusy: all of them are in use; it tells by whom.
        RigError: a board's lock cannot be opened.
    """
    candidates = desk.of(target.id)
    if not candidates:
        raise no_board(target, desk)
    deadline = clock() + wait_s
    told = False
    with ExitStack() as held:
        while True:
            taken = _take(candidates, ports(), held)
            if isinstance(taken, Coordinates):
                yield taken
                return
            if clock() >= deadline:
                raise _busy(target, taken, wait_s)
            if not told:
                on_wait(f"waiting {wait_s:g} s at most for {target.id}: {_in_use(taken)}")
                told = True
            sleep(min(_LOOK_AGAIN_S, max(0.0, deadline - clock())))


def missing(
    target: Target,
    desk: Desk,
    probe_uids: Sequence[str] | None,
    ports: Callable[[], Sequence[SeenPort]] = seen_ports,
) -> BoardNotFound | None:
    """Why no board of `desk` can be a `target`, all that is missing at once; None where one can.

    `probe_uids` are those pyOCD finds, None where it could not tell. A board that somebody has
    locked is there.

    Raises:
        RigError: a board's lock cannot be opened.
    """
    candidates = desk.of(target.id)
    if not candidates:
        return no_board(target, desk)
    lacks = []
    seen = ports()
    for board in candidates:
        if owner_of(board.probe_uid) is not None:
            return None
        lacking = _lacking(board, seen, probe_uids)
        if not lacking:
            return None
        lacks.append(f"{board}: {' and '.join(lacking)}")
    each = "\n  " if len(lacks) > 1 else " "
    return BoardNotFound(
        f"it needs a board, and none is connected:{each}{each.join(lacks)}",
        where=f"target {target.id}",
        hint=f"Connect it, or correct {desk.source} (`harness doctor` shows what is there).",
    )


def no_board(target: Target, desk: Desk) -> BoardNotFound:
    """The error for a desk that has no such board."""
    if desk.source:
        there = ", ".join(dict.fromkeys(board.target for board in desk.boards)) or "no board"
        what = f"it needs a board, and {desk.source} has none (it has: {there})"
    else:
        searched = " and ".join(desk.searched) or "nowhere"
        what = f"it needs a board, and no rig.toml says where one is (looked for {searched})"
    return BoardNotFound(
        what,
        where=f"target {target.id}",
        hint="Connect one and run `harness doctor --write-rig rig.toml`.",
    )


def _take(
    candidates: Sequence[DeskBoard], seen: Sequence[SeenPort], held: ExitStack
) -> Coordinates | list[tuple[DeskBoard, Owner]]:
    """Lock the first board that can be had and return where it is, else who has those there are."""
    busy: list[tuple[DeskBoard, Owner]] = []
    absent: list[PortNotFound] = []
    for board in candidates:
        try:
            device = find_port(board.port, seen)
        except PortNotFound as error:
            absent.append(error)
            continue
        with ExitStack() as attempt:
            owner = attempt.enter_context(locked(board.probe_uid))
            if owner is None:
                held.push(attempt.pop_all())
                return Coordinates(
                    board.probe_uid,
                    device,
                    check=_still_there(board, device),
                    board_serial=board.serial_number,
                )
            busy.append((board, owner))
    if not busy:
        raise absent[0]
    return busy


def _busy(target: Target, busy: Sequence[tuple[DeskBoard, Owner]], wait_s: float) -> ProbeBusy:
    return ProbeBusy(
        _in_use(busy, f" after {wait_s:g} s" if wait_s else ""),
        where=f"target {target.id}",
        hint="Wait for it with `--wait-board SECONDS`, or end what has it.",
    )


def _in_use(busy: Sequence[tuple[DeskBoard, Owner]], after: str = "") -> str:
    holders = [f"probe {board.probe_uid} by {owner}" for board, owner in busy]
    lead = "the board is" if len(holders) == 1 else f"all {len(holders)} boards are"
    each = "\n  " if len(holders) > 1 else " "
    return f"{lead} in use{after}:{each}{each.join(holders)}"


def _still_there(board: DeskBoard, device: str) -> Callable[[], None]:
    """A check that raises PortNotFound once the port's cable was pulled."""

    def check() -> None:
        if device.startswith("/") and not Path(device).exists():
            raise PortNotFound(
                f"the serial port is gone, and was {device} ({board.port})",
                where=str(board),
                hint="Plug its cable in, and look for a loose contact; then run again.",
            )

    return check


def _lacking(
    board: DeskBoard, seen: Sequence[SeenPort], probe_uids: Sequence[str] | None
) -> list[str]:
    lacking = []
    # What begins with "gdb:" is a server, which nobody can list.
    listed = probe_uids is not None and not board.probe_uid.startswith("gdb:")
    if listed and board.probe_uid.lower() not in map(str.lower, probe_uids or ()):
        there = ", ".join(probe_uids or ()) or "none"
        lacking.append(f"the probe is not there (there are: {there})")
    try:
        find_port(board.port, seen)
    except PortNotFound as error:
        lacking.append(error.what)
    return lacking
