"""A nightly for tests: one case of each outcome, with names that need escaping."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from builders.observations import seen
from builders.records import case_record, counted, failed_record, readings, run_info

from harness.catalog import read_thresholds
from harness.domain.nightly import Night
from harness.domain.observation import Observation, OperatorCount
from harness.domain.record import CaseRecord
from harness.results.comparability import observe
from harness.results.regression import judge_runs

ODD = 'odd <"net"> & \\ \x1b'
FAILURE = {"finished": run_info().started + timedelta(seconds=2.5)}


def operators(count: float) -> tuple[OperatorCount, ...]:
    return (OperatorCount(0, "CONV_2D", ("arm_convolve_s8",), count),)


def record(model: str, instructions: float, **changes: object) -> CaseRecord:
    return case_record(model=model, readings=readings(counted(instructions)), **changes)


def observed(one: CaseRecord, later: bool = False, count: float = 900_000) -> Observation:
    fields = seen(later=later)
    found = observe(one, operators=operators(count))
    return replace(found, started=fields.started, git_commit=fields.git_commit)


def a_night() -> Night:
    """A regression, an improvement, a case as it was, a failed one and one set aside."""
    before = [record(name, 1_000_000) for name in (ODD, "faster", "steady", "broken", "aside")]
    after = [
        record(ODD, 1_100_000),
        record("faster", 900_000),
        record("steady", 1_000_000),
        failed_record(model="broken", error_class="FlashFailed", error_message="no <power>\x00"),
        failed_record(model="aside", error_class="BoardBroken", error_message="failed twice"),
    ]
    verdicts = judge_runs(
        map(observed, before),
        [observed(one, True, 1_000_000 if one.model == ODD else 900_000) for one in after],
        read_thresholds(),
    )
    retried = failed_record(model="steady", error_class="SimulatorDied", error_message="ended")
    return Night(
        run_info(), "the night before", tuple(after), tuple(verdicts), (retried,), ("left out: x",)
    )
