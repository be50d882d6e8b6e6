"""A run of cases: each is kept as it ends, whatever becomes of the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from bench_desk import TARGET, Desk, refuse_run

from harness.bench.board_health import BoardHealth
from harness.bench.events import (
    CaseFinished,
    CaseStarted,
    Event,
    Flashing,
    InputsDone,
    Stage,
    StageStarted,
    nobody,
)
from harness.bench.prepare import prepare
from harness.bench.run import Outcome, run_cases
from harness.domain.record import CaseRecord, CaseStatus
from harness.errors import (
    BoardBroken,
    BoardNotFound,
    CompileFailed,
    FlashFailed,
    KernelRefused,
    LinkTimeout,
    ProbeNotFound,
    SimulatorDied,
    StoreError,
    ToolMissing,
    VerifyFailed,
)


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


def test_a_board_that_fails_twice_is_not_tried_again_in_the_run(desk: Desk) -> None:
    shelf = Shelf()
    desk.board.failing = [
        FlashFailed("no power", where="probe 7", hint="Give it power."),
        VerifyFailed("a bit fell\nand more", where="probe 7", hint="Look at its flash."),
    ]
    outcome = run(desk, shelf, cases=5)
    assert shelf.ended == [
        (0, "FlashFailed"),
        (1, "VerifyFailed"),
        (2, "BoardBroken"),
        (3, "BoardBroken"),
        (4, "BoardBroken"),
    ]
    assert (desk.starts, desk.builds) == (2, 2)
    skipped = outcome.errors[2]
    assert isinstance(skipped, BoardBroken)
    assert skipped.what == (
        "skipped because the board failed 2 times in this run, "
        "at last with VerifyFailed: a bit fell"
    )
    assert (skipped.where, skipped.hint) == ("probe 7", "Look at its flash.")
    assert outcome.exit_code == skipped.exit_code == 4
    assert shelf.kept[4][1].error_message == str(skipped)
    assert shelf.kept[4][1].readings == ()


def test_one_failure_of_the_board_is_forgiven(desk: Desk) -> None:
    shelf = Shelf()
    desk.board.failing = [FlashFailed("no power")]
    run(desk, shelf)
    assert shelf.ended == [(0, "FlashFailed"), (1, "ok"), (2, "ok")]


def test_other_targets_go_on_without_a_broken_board(desk: Desk) -> None:
    boards = BoardHealth()
    for _ in range(2):
        boards.note(TARGET, ProbeNotFound("gone"))
    with pytest.raises(BoardBroken, match="skipped because the board failed 2 times") as caught:
        boards.require_sound(TARGET)
    assert (caught.value.where, caught.value.hint) == ("desk", "Mend the board, then run again.")
    boards.require_sound(replace(TARGET, id="another"))


@pytest.mark.parametrize(
    "error",
    [
        None,
        SimulatorDied("ended"),
        BoardBroken("skipped"),
        BoardNotFound("none here"),
        LinkTimeout("silent", deadline_s=1, got=0),
        KernelRefused("no", operator=0, status=1),
        KeyboardInterrupt(),
    ],
)
def test_what_is_not_the_boards_fault(error: BaseException | None) -> None:
    boards = BoardHealth()
    for _ in range(3):
        boards.note(TARGET, error)
    boards.require_sound(TARGET)


def test_a_broken_board_stays_broken_over_the_calls_of_one_run(desk: Desk) -> None:
    boards, shelf = BoardHealth(), Shelf()
    desk.board.failing = [FlashFailed("no power"), FlashFailed("no power")]
    for _ in range(3):
        run_cases([desk.prepared()], desk.rig, shelf, "run-1", nobody, boards=boards)
    assert shelf.ended == [(1, "FlashFailed"), (1, "FlashFailed"), (1, "BoardBroken")]


def test_flashing_is_told_as_it_goes(desk: Desk) -> None:
    told: list[Event] = []
    run(desk, Shelf(), told.append, cases=1)
    at = told.index(Flashing("program", 1.0))
    assert StageStarted(Stage.FLASH) in told[:at]
    assert StageStarted(Stage.HANDSHAKE) in told[at:]


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
