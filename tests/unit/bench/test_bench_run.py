"""A run of cases: each is kept as it ends, whatever becomes of the others."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from bench_desk import Desk, refuse_run

from harness.bench.events import CaseFinished, CaseStarted, Event, InputsDone, nobody
from harness.bench.prepare import prepare
from harness.bench.run import Outcome, run_cases
from harness.domain.record import CaseRecord, CaseStatus
from harness.errors import CompileFailed, KernelRefused, StoreError, ToolMissing


@dataclass
class Shelf:
    """A keeper that takes `room` records."""

    room: int = 100
    kept: list[tuple[str, CaseRecord]] = field(default_factory=list)

    def add(self, run_id: str, record: CaseRecord) -> None:
        if len(self.kept) == self.room:
            raise StoreError("the disk is full", where="shelf", hint="make room")
        self.kept.append((run_id, record))

    @property
    def ended(self) -> list[tuple[int, str]]:
        """Warm-up, by which the tests tell cases apart, and how each ended."""
        return [(record.warmup, record.error_class or "ok") for _, record in self.kept]


def run(desk: Desk, shelf: Shelf, on_event: object = nobody, cases: int = 3) -> Outcome:
    wanted = [desk.case(warmup=number) for number in range(cases)]
    prepared = prepare(wanted, desk.rig.load_dataset)
    return run_cases(prepared, desk.rig, shelf, "run-1", on_event)  # type: ignore[arg-type]


def test_every_case_is_kept_before_it_is_told(desk: Desk) -> None:
    shelf = Shelf()
    told: list[tuple[str, int]] = []

    def listen(event: Event) -> None:
        if isinstance(event, CaseStarted | CaseFinished):
            told.append((type(event).__name__, len(shelf.kept)))
        if isinstance(event, CaseStarted):
            assert (event.number, event.total) == (len(shelf.kept) + 1, 2)

    outcome = run(desk, shelf, listen, cases=2)
    assert told == [
        ("CaseStarted", 0),
        ("CaseFinished", 1),
        ("CaseStarted", 1),
        ("CaseFinished", 2),
    ]
    assert shelf.kept == [("run-1", record) for record in outcome.records]
    assert shelf.ended == [(0, "ok"), (1, "ok")]
    assert (outcome.errors, outcome.exit_code) == ([], 0)


def test_the_next_case_runs_after_one_that_failed(desk: Desk) -> None:
    shelf = Shelf()
    refuse_run(desk.device, 4, 7, operator=0, detail=-1)  # the first input of the second case

    def heal(event: Event) -> None:
        if isinstance(event, CaseFinished) and event.record.error_class:
            desk.device.misbehave = lambda seen: None

    outcome = run(desk, shelf, heal)
    assert shelf.ended == [(0, "ok"), (1, "KernelRefused"), (2, "ok")]
    assert [type(error) for error in outcome.errors] == [KernelRefused]
    assert outcome.exit_code == 6


def test_the_first_failure_gives_the_exit_code() -> None:
    outcome = Outcome(
        "run-1", errors=[CompileFailed("no"), KernelRefused("no", operator=0, status=1)]
    )
    assert outcome.exit_code == 3


def test_a_missing_tool_ends_the_run(desk: Desk) -> None:
    shelf = Shelf()
    desk.failing_builds = {2: ToolMissing("no compiler", hint="install it")}
    with pytest.raises(ToolMissing):
        run(desk, shelf)
    assert shelf.ended == [(0, "ok"), (1, "ToolMissing")]


def test_other_build_errors_do_not(desk: Desk) -> None:
    shelf = Shelf()
    desk.failing_builds = {2: CompileFailed("bad code")}
    assert run(desk, shelf).exit_code == 3
    assert shelf.ended == [(0, "ok"), (1, "CompileFailed"), (2, "ok")]


def test_a_store_that_is_full_ends_the_run(desk: Desk) -> None:
    shelf = Shelf(room=1)
    with pytest.raises(StoreError):
        run(desk, shelf)
    assert shelf.ended == [(0, "ok")]
    assert desk.starts == 2


def test_ctrl_c_ends_the_run_after_its_case_was_kept(desk: Desk) -> None:
    shelf = Shelf()
    told: list[Event] = []

    def impatient(event: Event) -> None:
        told.append(event)
        if event == InputsDone(2, 4) and len(shelf.kept) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(desk, shelf, impatient)
    assert shelf.ended == [(0, "ok"), (1, "KeyboardInterrupt")]
    assert isinstance(told[-1], CaseFinished)
    assert told[-1].record.status is CaseStatus.FAILED
