"""A nightly on a desk without hardware: what is tried again, what it is held to, its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from bench_desk import KERNELS, Desk
from builders.records import STARTED, run_info

from harness.bench.board_health import BoardHealth
from harness.bench.case_extras import Extras
from harness.bench.events import nobody
from harness.bench.night import HeldTo, run_night
from harness.bench.prepare import prepare
from harness.bench.run import run_cases
from harness.catalog import read_thresholds
from harness.domain.nightly import Night, NightlyPlan
from harness.domain.plan import Case
from harness.domain.record import CaseRecord
from harness.domain.verdict import Judgement
from harness.errors import CompileFailed, FlashFailed, HarnessError, SimulatorDied
from harness.results import Store, open_store
from harness.results.observing import observations_of
from harness.results.regression import same_commit

SHIPPED = read_thresholds()
REPETITIONS = 20
DIED = SimulatorDied("QEMU ended", where="desk", hint="Start it again.")


@dataclass
class Nights:
    """A store, and a desk on which one nightly after the other runs, a day apart."""

    desk: Desk
    store: Store
    plan: NightlyPlan = field(default_factory=NightlyPlan)
    count: int = 0
    measured: list[int] = field(default_factory=list)

    def night(self, *cases: Case, held_to: HeldTo | None = None) -> Night:
        """The next night; `measured` has the number of cases of each pass of it."""
        started = STARTED + timedelta(days=self.count)
        run = run_info(id=f"{self.count:032x}", started=started)
        self.count += 1
        self.store.begin(run)
        self.measured = []
        boards = BoardHealth()

        def measure(cases: Sequence[Case], *, fresh: bool) -> Sequence[CaseRecord]:
            self.measured.append(len(cases))
            return run_cases(
                prepare(list(cases), self.desk.rig.load_dataset),
                self.desk.rig,
                self.store,
                run.id,
                nobody,
                boards=boards,
                extras=Extras(self.store.raw.put, profile=True),
            ).records

        return run_night(
            self.plan,
            cases or (self.desk.case(),),
            measure,
            self.store,
            lambda: run.id,
            held_to=held_to,
            limits=SHIPPED,
            contains=same_commit,
        )

    def counting(self, ticks: int) -> None:
        """Let every inference, and the one operator, take so many ticks from now on."""
        requests = self.desk.device.requests
        self.desk.device.counts = dict.fromkeys(range(requests, requests + 100), (ticks,))
        self.desk.device.profiled = (0, ticks)

    def failing(self, *errors: HarnessError) -> None:
        """Let the next builds end so."""
        first = self.desk.builds + 1
        self.desk.failing_builds = dict(enumerate(errors, start=first))


@pytest.fixture
def nights(desk: Desk) -> Nights:
    return Nights(desk, open_store(desk.folder / "results.db"))


def judgements(night: Night) -> list[Judgement]:
    return [one.judgement for one in night.verdicts]


def test_the_same_commit_gives_no_alarm_in_twenty_nights(nights: Nights) -> None:
    first = nights.night()
    assert (first.against, judgements(first)) == ("no nightly before", [Judgement.NEW])
    for number in range(1, REPETITIONS + 1):
        night = nights.night()
        assert (night.exit_code, judgements(night)) == (0, [Judgement.SAME])
        assert night.against.startswith(f"{number - 1:032x}"[:8])
        assert nights.measured == [1]
    assert len(nights.store.resolve("nightly")) == REPETITIONS + 1


def test_a_slower_operator_is_a_regression_once_and_a_faster_one_is_told(nights: Nights) -> None:
    nights.night()
    nights.counting(150)
    slower = nights.night()
    assert (slower.exit_code, judgements(slower)) == (1, [Judgement.REGRESSION])
    (moved,) = slower.verdicts[0].operators
    assert str(moved).startswith("0 FULLY_CONNECTED (reference/fully_connected.c): 4,000 -> 6,000")
    assert nights.night().exit_code == 0
    nights.counting(100)
    assert judgements(nights.night()) == [Judgement.IMPROVEMENT]


@pytest.mark.parametrize(
    ("failures", "retries", "code", "passes"),
    [(1, 1, 0, [1, 1]), (2, 1, 4, [1, 1]), (2, 2, 0, [1, 1, 1]), (1, 0, 4, [1])],
)
def test_what_the_rig_failed_is_tried_again(
    nights: Nights, failures: int, retries: int, code: int, passes: list[int]
) -> None:
    nights.plan = NightlyPlan(retries=retries)
    nights.failing(*[DIED] * failures)
    night = nights.night()
    assert (night.exit_code, nights.measured) == (code, passes)
    assert [record.error_class for record in night.retried] == ["SimulatorDied"] * (len(passes) - 1)
    assert len(night.records) == len(night.verdicts) == 1
    assert judgements(night) == [Judgement.NEW if code == 0 else Judgement.NO_RESULT]


def test_a_retry_repeats_only_what_failed(nights: Nights) -> None:
    nights.failing(DIED)
    cases = (nights.desk.case(), nights.desk.case(kernel_set=replace(KERNELS, id="other")))
    nights.desk.device.kernel_set = KERNELS.id
    night = nights.night(*cases)
    assert nights.measured[:2] == [2, 1]
    assert [record.kernel_set for record in night.records] == ["reference", "other"]


def test_a_build_that_fails_is_not_the_rig_s_and_has_its_own_exit_code(nights: Nights) -> None:
    nights.failing(CompileFailed("does not compile", hint="Mend it."))
    night = nights.night()
    assert (night.exit_code, nights.measured, night.retried) == (3, [1], ())


def test_a_board_that_failed_twice_is_set_aside(nights: Nights) -> None:
    nights.desk.board.failing = [FlashFailed("no power")] * 9
    cases = [nights.desk.case(warmup=number) for number in range(4)]
    night = nights.night(*cases)
    kinds = [record.error_class for record in night.records]
    assert kinds == ["BoardBroken"] * 4
    assert [record.error_class for record in night.retried] == ["FlashFailed"] * 2
    assert nights.measured == [4, 2]
    assert night.exit_code == 4


def test_a_regression_counts_more_than_a_broken_rig(nights: Nights) -> None:
    other = nights.desk.case(model=replace(nights.desk.model, name="other"))
    nights.night(nights.desk.case(), other)
    nights.counting(150)
    nights.failing(DIED)
    nights.plan = NightlyPlan(retries=0)
    night = nights.night(nights.desk.case(), other)
    assert judgements(night) == [Judgement.NO_RESULT, Judgement.REGRESSION]
    assert night.exit_code == 1


def test_a_night_without_a_result_hides_no_regression(nights: Nights) -> None:
    nights.night()
    nights.failing(DIED, DIED)
    assert nights.night().exit_code == 4
    nights.counting(150)
    night = nights.night()
    assert night.exit_code == 1
    assert night.verdicts[0].metrics[0].before == 4000


def test_runs_of_another_name_and_interrupted_ones_are_no_past(nights: Nights) -> None:
    nights.plan = NightlyPlan(tag="weekly")
    nights.night()
    nights.plan = NightlyPlan()
    assert judgements(nights.night()) == [Judgement.NEW]
    nights.counting(150)
    nights.failing(DIED)

    def stopped(cases: Sequence[Case], *, fresh: bool) -> Sequence[CaseRecord]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_night(
            nights.plan,
            [nights.desk.case()],
            stopped,
            nights.store,
            lambda: "",
            held_to=None,
            limits=SHIPPED,
            contains=same_commit,
        )
    assert len(nights.store.resolve("nightly")) == 1


def test_a_plan_with_other_inputs_begins_anew(nights: Nights) -> None:
    nights.night()
    nights.desk.inputs = nights.desk.inputs[:2]
    nights.desk.labels = None
    assert judgements(nights.night()) == [Judgement.NEW]


def test_a_baseline_that_does_not_fit_is_told(nights: Nights) -> None:
    nights.night()
    baseline = observations_of(nights.store, nights.store.runs())
    assert judgements(nights.night(held_to=("b.json", baseline))) == [Judgement.SAME]
    nights.desk.inputs = nights.desk.inputs[:2]
    nights.desk.labels = None
    night = nights.night(held_to=("b.json", baseline))
    assert (night.against, night.exit_code) == ("b.json", 4)
    assert judgements(night) == [Judgement.NO_RESULT]


def test_cases_of_a_baseline_that_are_not_planned_do_not_count(nights: Nights) -> None:
    other = nights.desk.case(model=replace(nights.desk.model, name="other"))
    nights.night(nights.desk.case(), other)
    baseline = observations_of(nights.store, nights.store.runs())
    assert judgements(nights.night(held_to=("b.json", baseline))) == [Judgement.SAME]
