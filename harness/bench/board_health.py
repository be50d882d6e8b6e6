"""Which boards failed in this run: one that does so twice is not tried again."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.desk import Desk
from harness.domain.target import Target
from harness.errors import (
    BoardBroken,
    BoardNotFound,
    CaseTimeout,
    EnergyMissing,
    ProbeBusy,
    RigError,
    SimulatorDied,
)

_FAILURES = 2
_NOT_OF_THE_BOARD = (
    BoardBroken,
    BoardNotFound,
    CaseTimeout,
    EnergyMissing,
    ProbeBusy,
    SimulatorDied,
)


class BoardHealth:
    """Counts what went wrong between desk and board; what firmware or kernels do is not counted.

    Nor is a simulator that died, for the next case starts another, nor a board that is not there
    or that somebody else uses, nor a case that took longer than its plan allows. Of several boards
    of one kind each has its own count, once it was lent.
    """

    def __init__(self) -> None:
        self._failures: dict[str, list[RigError]] = {}
        self._lent: dict[str, str] = {}

    def lend(self, target: Target, probe_uid: str) -> None:
        """Cases on `target` have the board behind this probe from now on."""
        self._lent[target.id] = probe_uid

    def note(self, target: Target, error: BaseException | None) -> None:
        """Note how a case on `target` ended; None is well."""
        culprit = self._lent.get(target.id, target.id)
        if isinstance(error, RigError) and not isinstance(error, _NOT_OF_THE_BOARD):
            self._failures.setdefault(culprit, []).append(error)

    def require_sound(self, target: Target) -> None:
        """Refuse a target that failed twice.

        Raises:
            BoardBroken: with the last failure.
        """
        if self._is_broken(target.id):
            raise _broken(target, self._failures[target.id], "the board")

    def sound(self, desk: Desk, target: Target) -> Desk:
        """The desk without the boards that failed twice.

        Raises:
            BoardBroken: no other board is a `target`; with the last failure.
        """
        rest = tuple(board for board in desk.boards if not self._is_broken(board.probe_uid))
        left = replace(desk, boards=rest)
        candidates = desk.of(target.id)
        if candidates and not left.of(target.id):
            several = len(candidates) > 1
            boards = f"each of its {len(candidates)} boards" if several else "the board"
            raise _broken(target, self._failures[candidates[-1].probe_uid], boards)
        return left

    def _is_broken(self, key: str) -> bool:
        return len(self._failures.get(key, [])) >= _FAILURES


def _broken(target: Target, failures: list[RigError], boards: str) -> BoardBroken:
    last = failures[-1]
    error = BoardBroken(
        f"skipped because {boards} failed {len(failures)} times in this run, "
        f"at last with {type(last).__name__}: {last.what.splitlines()[0]}",
        where=last.where or target.id,
        hint=last.hint or "Mend the board, then run again.",
    )
    error.__cause__ = last
    return error
