"""Which boards failed in this run: one that does so twice is not tried again."""

from __future__ import annotations

from harness.domain.target import Target
from harness.errors import (
    BoardBroken,
    BoardNotFound,
    CaseTimeout,
    ProbeBusy,
    RigError,
    SimulatorDied,
)

_FAILURES = 2
_NOT_OF_THE_BOARD = (BoardBroken, BoardNotFound, CaseTimeout, ProbeBusy, SimulatorDied)


class BoardHealth:
    """Counts what went wrong between desk and board; what firmware or kernels do is not counted.

    Nor is a simulator that died, for the next case starts another, nor a board that is not there
    or that somebody else uses, nor a case that took longer than its plan allows.
    """

    def __init__(self) -> None:
        self._failures: dict[str, list[RigError]] = {}

    def note(self, target: Target, error: BaseException | None) -> None:
        """Note how a case on `target` ended; None is well."""
        if isinstance(error, RigError) and not isinstance(error, _NOT_OF_THE_BOARD):
            self._failures.setdefault(target.id, []).append(error)

    def require_sound(self, target: Target) -> None:
        """Refuse a target that failed twice.

        Raises:
            BoardBroken: with the last failure.
        """
        failures = self._failures.get(target.id, [])
        if len(failures) < _FAILURES:
            return
        last = failures[-1]
        raise BoardBroken(
            f"skipped because the board failed {len(failures)} times in this run, "
            f"at last with {type(last).__name__}: {last.what.splitlines()[0]}",
            where=last.where or target.id,
            hint=last.hint or "Mend the board, then run again.",
        ) from last
