"""What a nightly does not take at its word: a noisy change, and a case that does not end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from bench_desk import BUILD_ID, KERNELS, Desk
from builders.observations import on_board
from builders.records import run_info

from harness.bench.events import nobody
from harness.bench.night import judged
from harness.bench.prepare import prepare
from harness.bench.run import run_cases
from harness.bench.time_limit import TimeLimit
from harness.catalog import read_thresholds
from harness.domain.observation import Observation
from harness.domain.plan import Case
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.verdict import CaseVerdict, Judgement
from harness.results import open_store
from harness.results.regression import judge_case

SHIPPED = read_thresholds()
FIRST = on_board([1000 + n % 3 for n in range(20)])
SLOW = on_board([1040 + n % 3 for n in range(20)], later=True)


@pytest.mark.parametrize(
    ("second", "judgement"), [(SLOW, Judgement.REGRESSION), (FIRST, Judgement.SAME)]
)
def test_a_noisy_regression_is_confirmed_by_an_immediate_re_run(
    desk: Desk, second: Observation, judgement: Judgement
) -> None:
    key = FIRST.key
    case = desk.case(
        target=replace(desk.case().target, id=key.target),
        kernel_set=replace(KERNELS, id=key.kernel_set),
        model=replace(desk.model, name=key.model),
    )
    seen = iter([SLOW, second])
    fresh_passes: list[tuple[int, bool]] = []

    def measure(cases: Sequence[Case], *, fresh: bool) -> Sequence[CaseRecord]:
        fresh_passes.append((len(cases), fresh))
        return []

    def judge() -> list[CaseVerdict]:
        return [judge_case(FIRST, next(seen), SHIPPED)]

    (verdict,) = judged([desk.case(), case], measure, judge)
    assert verdict.judgement is judgement
    assert not verdict.needs_confirmation
    assert fresh_passes == [(1, True)]


def clock(*moments: float) -> Callable[[], float]:
    shown = iter(moments)
    last = moments[-1]
    return lambda: next(shown, last)


def test_a_case_that_takes_too_long_is_given_up(desk: Desk) -> None:
    store = open_store(desk.folder / "results.db")
    run_id = store.begin(run_info())
    prepared = prepare([desk.case(), desk.case(warmup=2)], desk.rig.load_dataset)
    # The first case begins at 0 s and is at 61 s when its third step comes; the second takes none.
    limit = TimeLimit(nobody, 60, clock(0, 0, 1, 2, 61, 61))
    outcome = run_cases(prepared, desk.rig, store, run_id, limit)
    slow, quick = outcome.records
    assert (slow.error_class, quick.status) == ("CaseTimeout", CaseStatus.OK)
    assert slow.error_message == (
        "copying · desk · reference: the case took longer than 60 s\n"
        "  -> Raise `case_timeout_s` of the plan, or take fewer inputs (`limit`)."
    )
    assert quick.build_id == BUILD_ID.hex()
    assert outcome.exit_code == 4
