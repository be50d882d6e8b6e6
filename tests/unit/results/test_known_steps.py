"""Steps that were accepted: where they hold, and what counts beyond them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders.observations import COMMITS, metric, seen
from builders.records import STARTED

from harness.catalog.thresholds import read_thresholds
from harness.domain.thresholds import KnownStep, Thresholds
from harness.domain.verdict import Judgement
from harness.results.regression import judge_case

SHIPPED = read_thresholds()


def with_step(**changes: object) -> Thresholds:
    fields = {"metric": "instructions", "by": 0.035, "reason": "rounds to even", **changes}
    return replace(SHIPPED, known_steps=(KnownStep(**fields),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "judgement"),
    [
        (1_035_000, Judgement.KNOWN_STEP),
        (1_040_000, Judgement.KNOWN_STEP),  # the step and the limit
        (1_040_100, Judgement.REGRESSION),
        (1_010_000, Judgement.KNOWN_STEP),  # less than was accepted
        (990_000, Judgement.IMPROVEMENT),
        (1_001_000, Judgement.SAME),
    ],
)
def test_a_known_step_is_accepted_and_what_is_beyond_it_is_not(
    after: float, judgement: Judgement
) -> None:
    limits = with_step(commit=COMMITS[1][:8], kernels="cmsis-nn*")
    verdict = judge_case(seen(), seen(after, later=True), limits)
    assert verdict.judgement is judgement
    if judgement is Judgement.KNOWN_STEP:
        assert metric(verdict, "instructions").reason == "rounds to even"
    if after == 1_040_100:
        assert metric(verdict, "instructions").reason == (
            "beyond the known step of +3.5 % (rounds to even)"
        )


@pytest.mark.parametrize(
    "where",
    [
        {"commit": "c" * 8},
        {"commit": COMMITS[0][:8]},  # both have it
        {"commit": COMMITS[1][:8], "target": "nucleo-*"},
        {"date": STARTED},
        {"date": STARTED + timedelta(days=2)},
        {"commit": COMMITS[1][:8], "metric": "flash"},
    ],
)
def test_a_step_elsewhere_accepts_nothing(where: dict[str, object]) -> None:
    def ancestors(commit: str, step: str) -> bool:
        return commit.startswith(step) or (commit, step) == (COMMITS[1], COMMITS[0][:8])

    verdict = judge_case(
        seen(), seen(1_035_000, later=True), with_step(**where), contains=ancestors
    )
    assert verdict.judgement is Judgement.REGRESSION


def test_a_step_begins_with_a_date_or_with_a_descendant_of_its_commit() -> None:
    second = seen(1_035_000, later=True)
    dated = with_step(date=STARTED + timedelta(hours=1))
    assert judge_case(seen(), second, dated).judgement is Judgement.KNOWN_STEP
    deep = with_step(commit="d" * 8)
    verdict = judge_case(seen(), second, deep, contains=lambda commit, _: commit == COMMITS[1])
    assert verdict.judgement is Judgement.KNOWN_STEP
