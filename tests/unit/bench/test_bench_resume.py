"""Going on with a run: what ended well is taken over, what is not the same is measured anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from bench_desk import Desk
from builders.records import run_info

from harness.bench.events import CaseFinished, Event, nobody
from harness.bench.prepare import prepare
from harness.bench.resume import run_to_resume, taken_over
from harness.bench.rig import PowerRig
from harness.bench.run import Outcome, run_cases
from harness.domain.coordinates import Coordinates
from harness.domain.energy_asked import EnergyAsked
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.record import CaseRecord, CaseStatus, RunInfo
from harness.domain.target import Target
from harness.domain.units import Fidelity, Unit
from harness.errors import CompileFailed, ConfigError
from harness.results import Store, open_store


@dataclass
class Session:
    """A store, a run in it, and the desk that it runs on."""

    desk: Desk
    store: Store
    run_id: str

    def measure(self, *warmups: int, kept: bool = True, on_event: object = nobody) -> Outcome:
        earlier = self.store.cases(self.run_id) if kept else []
        prepared = prepare(
            [self.desk.case(warmup=number) for number in warmups], self.desk.rig.load_dataset
        )
        return run_cases(prepared, self.desk.rig, self.store, self.run_id, on_event, kept=earlier)  # type: ignore[arg-type]

    @property
    def rows(self) -> list[CaseRecord]:
        return self.store.cases(self.run_id)


@pytest.fixture
def session(desk: Desk) -> Session:
    store = open_store(desk.folder / "results.db")
    return Session(desk, store, store.begin(run_info()))


def interrupt_in(case: int) -> Callable[[Event], None]:
    ended: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, CaseFinished):
            ended.append(event)
        elif len(ended) == case and type(event).__name__ == "InputsDone":
            raise KeyboardInterrupt

    return listen


def test_what_ended_well_is_taken_over_and_the_rest_is_measured(session: Session) -> None:
    with pytest.raises(KeyboardInterrupt):
        session.measure(0, 1, 2, on_event=interrupt_in(1))
    assert [row.status for row in session.rows] == [CaseStatus.OK, CaseStatus.FAILED]
    starts = session.desk.starts
    told: list[tuple[int, bool]] = []

    def listen(event: Event) -> None:
        if isinstance(event, CaseFinished):
            told.append((event.record.warmup, event.taken_over))

    outcome = session.measure(0, 1, 2, on_event=listen)
    assert told == [(0, True), (1, False), (2, False)]
    assert session.desk.starts == starts + 2
    assert [record.warmup for record in outcome.records] == [0, 1, 2]
    assert outcome.exit_code == 0
    # The failed half of case 1 stays what it is: a failed case.
    assert [(row.warmup, row.error_class) for row in session.rows] == [
        (0, None),
        (1, "KeyboardInterrupt"),
        (1, None),
        (2, None),
    ]
    assert outcome.records[0] == session.rows[0]


def test_resuming_a_complete_run_measures_nothing(session: Session) -> None:
    session.measure(0, 1)
    starts, rows = session.desk.starts, session.rows
    assert session.measure(0, 1).records == rows
    assert (session.desk.starts, session.rows) == (starts, rows)


DIFFERENT = [
    {"build_id": "ff" * 20},
    {"image_crc32": 1},
    {"model_sha256": "00" * 32},
    {"dataset_sha256": "00" * 32},
    {"inputs": 3},
    {"repeats": 2},
    {"variant": "O3"},
    {"tool_versions": (("harness", "0.0.1"),)},
]


@pytest.mark.parametrize("change", DIFFERENT, ids=[next(iter(one)) for one in DIFFERENT])
def test_a_row_of_something_else_is_not_taken_over(
    session: Session, change: dict[str, object]
) -> None:
    session.measure(0)
    (row,) = session.rows
    prepared = prepare([session.desk.case(warmup=0)], session.desk.rig.load_dataset)
    outcome = run_cases(
        prepared,
        session.desk.rig,
        session.store,
        session.run_id,
        nobody,
        kept=[replace(row, **change)],  # type: ignore[arg-type]
    )
    assert len(session.rows) == 2
    assert outcome.records == session.rows[1:]


def test_a_build_that_fails_now_is_a_failed_case_and_nothing_is_taken_over(
    session: Session,
) -> None:
    session.measure(0)
    fault = CompileFailed("does not compile", where="x.c", hint="Mend it.")
    session.desk.failing_builds = {2: fault, 3: fault}
    outcome = session.measure(0)
    assert [record.error_class for record in outcome.records] == ["CompileFailed"]


@dataclass
class Last:
    run: RunInfo | None

    def last_run(self) -> RunInfo | None:
        return self.run


def test_the_last_run_is_gone_on_with_when_its_command_is_given_again() -> None:
    before = run_info(command_line="harness run -t mps2-an500 -m 'my net.tflite'")
    now = run_info(id="b", command_line="harness run --resume -t mps2-an500 -m 'my net.tflite'")
    assert run_to_resume(Last(before), now) is before
    assert run_to_resume(Last(now), now) is now  # it was resumed before


REFUSED = [
    (None, "--resume: there is no run to go on with\n  -> Leave --resume out to begin one."),
    (
        run_info(command_line="harness run -t mps2-an385"),
        "--resume: the last run is another one: harness run -t mps2-an385\n"
        "  -> Repeat its command line with --resume, or leave --resume out to begin anew.",
    ),
    (
        run_info(git_commit="abc"),
        f"--resume: the last run has git commit abc, this one would have {run_info().git_commit}\n"
        "  -> Leave --resume out: rows of one run must be comparable.",
    ),
    (
        run_info(harness_version="0.0.9"),
        "--resume: the last run has harness version 0.0.9, this one would have 0.1.0\n"
        "  -> Leave --resume out: rows of one run must be comparable.",
    ),
]


@pytest.mark.parametrize(("last", "message"), REFUSED)
def test_another_run_is_not_gone_on_with(last: RunInfo | None, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_to_resume(Last(last), run_info())
    assert str(caught.value) == message


JOULES = Measurement(
    quantity="energy_per_inference_sim",
    value=1e-3,
    unit=Unit.JOULES,
    n=5,
    minimum=1e-3,
    maximum=1e-3,
    fidelity=Fidelity.SIMULATED,
    instrument="PPK2 (virtual)",
    method="alignment gate; 3 V",
)
UNPLUGGED = Missing("energy_per_inference_sim", "DISCONNECTED: it went away")
METERLESS = Missing("energy_per_inference", "no power meter")


@pytest.mark.parametrize(
    ("asked", "reading", "again"),
    [
        (EnergyAsked(meter="virtual:ppk2"), JOULES, False),
        (EnergyAsked(meter="virtual:ppk2"), UNPLUGGED, True),
        (EnergyAsked(meter="virtual:ppk2"), None, True),
        (EnergyAsked(required=True), METERLESS, True),
        # Nobody asked by words; the meter of the desk was there, or there was none.
        (EnergyAsked(), UNPLUGGED, True),
        (EnergyAsked(), METERLESS, False),
        (EnergyAsked(), None, False),
    ],
)
def test_an_energy_that_was_asked_for_and_is_missing_is_measured_again(
    session: Session, asked: EnergyAsked, reading: Reading | None, again: bool
) -> None:
    session.measure(0)
    (row,) = session.rows
    if reading is not None:
        row = replace(row, readings=(*row.readings, reading))

    @contextmanager
    def start(target: Target, folder: Path) -> Iterator[tuple[Coordinates, str | None]]:
        with session.desk.start(target, folder) as at:
            yield at, None

    rig = replace(session.desk.rig, power=PowerRig(asked, start))
    (case,) = prepare([session.desk.case(warmup=0)], rig.load_dataset)
    assert (taken_over(case, [row], rig, lambda text: None) is None) is again
