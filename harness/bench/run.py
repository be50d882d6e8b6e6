"""A run: all its cases one after the other, each stored as it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.bench.board_health import BoardHealth
from harness.bench.case import refused_case, run_case
from harness.bench.case_extras import NO_EXTRAS, Extras
from harness.bench.events import CaseFinished, CaseStarted, Listener, Note, Stage, StageStarted
from harness.bench.prepare import Prepared
from harness.bench.resume import taken_over
from harness.bench.rig import Rig
from harness.domain.record import CaseRecord
from harness.errors import BoardBroken, HarnessError, StoreError, ToolMissing


class Keeper(Protocol):
    """Where records are kept."""

    def add(self, run_id: str, record: CaseRecord) -> None:
        """Keep one record for good."""


@dataclass
class Outcome:
    """The records of a run in order, and the errors of those that failed."""

    run_id: str
    records: list[CaseRecord] = field(default_factory=list)
    errors: list[HarnessError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The exit code the first failure asks for; 0 where there is none."""
        return self.errors[0].exit_code if self.errors else 0


def run_cases(
    cases: list[Prepared],
    rig: Rig,
    keeper: Keeper,
    run_id: str,
    on_event: Listener,
    *,
    boards: BoardHealth | None = None,
    kept: Sequence[CaseRecord] = (),
    extras: Extras = NO_EXTRAS,
) -> Outcome:
    """Run `cases` in order. A case that fails is recorded as failed and the next one runs.

    Those of a board that failed too often are recorded as failed with BoardBroken; `boards`
    remembers where one run is several calls.
    A case that ended well in `kept`, the records of an earlier part of this run, is taken over.
    Raw data that `extras` wants is kept before the record that refers to it.

    Raises:
        StoreError: a record cannot be kept: measuring on would lose more.
        ToolMissing: every further build would fail alike.
        KeyboardInterrupt: after the running case was recorded as failed.
    """
    outcome = Outcome(run_id)
    boards = boards or BoardHealth()
    for number, prepared in enumerate(cases, start=1):
        on_event(CaseStarted(prepared.case, number, len(cases)))
        if old := taken_over(prepared, kept, rig, lambda text: on_event(Note(text))):
            outcome.records.append(old)
            on_event(CaseFinished(old, taken_over=True))
            continue
        record, error = _run_or_refuse(prepared, rig, on_event, boards, extras)
        on_event(StageStarted(Stage.STORE))
        keeper.add(run_id, record)
        outcome.records.append(record)
        on_event(CaseFinished(record))
        if isinstance(error, KeyboardInterrupt | ToolMissing | StoreError):
            raise error
        if error is not None:
            outcome.errors.append(error)
    return outcome


def _run_or_refuse(
    prepared: Prepared, rig: Rig, on_event: Listener, boards: BoardHealth, extras: Extras
) -> tuple[CaseRecord, HarnessError | KeyboardInterrupt | None]:
    target = prepared.case.target
    try:
        boards.require_sound(target)
    except BoardBroken as error:
        return refused_case(prepared, rig, error), error
    record, ended = run_case(prepared, rig, on_event, extras=extras)
    boards.note(target, ended)
    return record, ended
