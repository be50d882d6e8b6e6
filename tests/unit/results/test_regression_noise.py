"""Changes of noisy metrics: believed only where they are large, significant and confirmed."""

from __future__ import annotations

from dataclasses import replace

from builders.observations import metric, on_board
from builders.records import failed_record

from harness.catalog.thresholds import read_thresholds
from harness.domain.thresholds import Thresholds
from harness.domain.verdict import Judgement
from harness.results.comparability import observe
from harness.results.regression import confirmed, judge_case

SHIPPED = read_thresholds()
QUIET = [1000 + n % 3 for n in range(20)]


def slowed(values: list[int], factor: float) -> list[float]:
    return [value * factor for value in values]


def test_cycles_must_change_by_more_than_the_limit_and_significantly() -> None:
    first = on_board(QUIET)
    assert judge_case(first, on_board(slowed(QUIET, 1.019)), SHIPPED).judgement is Judgement.SAME
    verdict = judge_case(first, on_board(slowed(QUIET, 1.03), later=True), SHIPPED)
    found = metric(verdict, "cycles")
    assert found.judgement is Judgement.REGRESSION
    assert found.needs_confirmation
    assert found.effect == 1.0
    assert found.p_value is not None
    assert found.p_value < 1e-6


def test_cycles_that_scatter_are_not_told_apart() -> None:
    wide = [1000 + 100 * (n % 7) for n in range(12)]
    other = [1010 + 101 * (n % 7) for n in range(12)]
    found = metric(judge_case(on_board(wide), on_board(slowed(other, 1.02)), SHIPPED), "cycles")
    assert found.judgement is Judgement.SAME
    assert found.reason.startswith("not significant (p = 0.")


def test_too_few_windows_give_no_result_but_never_a_regression() -> None:
    verdict = judge_case(on_board([1000] * 4), on_board([2000] * 4), SHIPPED)
    assert verdict.judgement is Judgement.NO_RESULT
    reason = "4 and 4 values are too few for a significance of 0.01"
    assert metric(verdict, "cycles").reason == reason


def test_without_single_values_only_ranges_that_do_not_overlap_tell() -> None:
    first = on_board(QUIET, kept=False)
    apart = judge_case(first, on_board(slowed(QUIET, 1.05), kept=False), SHIPPED)
    assert apart.judgement is Judgement.REGRESSION
    assert apart.needs_confirmation
    mixed = judge_case(first, on_board([1001, *slowed(QUIET, 1.05)], kept=False), SHIPPED)
    assert mixed.judgement is Judgement.NO_RESULT
    assert "its significance is not known" in metric(mixed, "cycles").reason


def test_a_bistable_value_is_no_regression() -> None:
    first, second = on_board(QUIET), on_board(slowed(QUIET, 1.05), later=True)
    by_turns = [1000, 1050, 1000, 1000, 1050, 1000, 1051]
    history = {(first.key.case, "cycles"): by_turns}
    found = metric(judge_case(first, second, SHIPPED, history=history), "cycles")
    assert found.judgement is Judgement.SAME
    assert found.reason == "bistable: earlier runs show 1,000, 1,050 by turns"
    step = {(first.key.case, "cycles"): [1000, 1000, 1000, 1050, 1050]}
    verdict = judge_case(first, second, SHIPPED, history=step)
    assert verdict.judgement is Judgement.REGRESSION


def test_energy_must_exceed_three_uncertainties_of_the_mean() -> None:
    (energy,) = [one for one in SHIPPED.metrics if one.metric == "energy_per_inference"]
    limits = Thresholds((replace(energy, metric="cycles", unit="%"),))
    first = on_board([900, 1000, 1000, 1000, 1000, 1000, 1100])
    second = on_board([1101, 1105, 1106, 1105, 1108, 1105, 1500])
    found = metric(judge_case(first, second, limits), "cycles")
    assert found.judgement is Judgement.SAME  # u of the change: 62, three of it: more than 105
    assert found.reason == "within 3 standard uncertainties"


def test_a_noisy_regression_is_confirmed_by_a_re_run_or_dropped() -> None:
    first, slow = on_board(QUIET), on_board(slowed(QUIET, 1.03))
    verdict = judge_case(first, slow, SHIPPED)
    again = confirmed(verdict, judge_case(first, slow, SHIPPED))
    assert again.judgement is Judgement.REGRESSION
    assert not again.needs_confirmation
    assert metric(again, "cycles").reason == "confirmed by an immediate re-run"
    dropped = confirmed(verdict, judge_case(first, on_board(QUIET), SHIPPED))
    assert dropped.judgement is Judgement.SAME
    assert metric(dropped, "cycles").reason == "not confirmed by an immediate re-run"
    broken = confirmed(verdict, judge_case(first, observe(failed_record()), SHIPPED))
    assert broken.judgement is Judgement.NO_RESULT
