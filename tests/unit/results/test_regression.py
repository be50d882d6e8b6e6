"""Which changes count, which do not, and what the verdict names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders.observations import metric, on_board, seen
from builders.records import accuracy, counted, failed_record, fallback, readings
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.thresholds import read_thresholds
from harness.domain.measurement import Missing
from harness.domain.observation import OperatorCount
from harness.domain.verdict import Judgement, exit_code
from harness.results.comparability import observe
from harness.results.regression import judge_case, judge_runs

SHIPPED = read_thresholds()


@pytest.mark.parametrize(
    ("before", "after", "judgement"),
    [
        (1_000_000, 1_000_000, Judgement.SAME),
        (1_000_000, 1_005_000, Judgement.SAME),  # 0.5 % is not more than 0.5 %
        (1_000_000, 1_005_001, Judgement.REGRESSION),
        (1_000_000, 994_999, Judgement.IMPROVEMENT),
        (1_320, 1_360, Judgement.SAME),  # 3 %, but one tick of the counter
        (1_320, 1_400, Judgement.REGRESSION),
    ],
)
def test_instructions_count_from_half_a_percent_on(
    before: float, after: float, judgement: Judgement
) -> None:
    verdict = judge_case(seen(before), seen(after, later=True), SHIPPED)
    assert verdict.judgement is judgement
    assert metric(verdict, "instructions").change == pytest.approx(after / before - 1)
    assert not verdict.needs_confirmation


@pytest.mark.parametrize(
    ("before", "after", "judgement"),
    [
        (0.901, 0.901, Judgement.SAME),
        (0.901, 0.900, Judgement.REGRESSION),
        (0.901, 0.902, Judgement.IMPROVEMENT),
    ],
)
def test_one_sample_less_is_a_regression_on_a_fixed_set(
    before: float, after: float, judgement: Judgement
) -> None:
    first = seen(readings=readings(accuracy(before)))
    second = seen(readings=readings(accuracy(after)), later=True)
    verdict = judge_case(first, second, SHIPPED)
    assert verdict.judgement is judgement
    found = metric(verdict, "accuracy")
    assert (found.before, found.after, found.unit) == (901, round(1000 * after), "samples")


@pytest.mark.parametrize(
    ("field", "name"), [("firmware_flash_bytes", "flash"), ("firmware_ram_bytes", "ram")]
)
def test_sizes_count_from_one_percent_on(field: str, name: str) -> None:
    first = seen(**{field: 10_000})
    assert judge_case(first, seen(**{field: 10_100}), SHIPPED).judgement is Judgement.SAME
    verdict = judge_case(first, seen(**{field: 10_101}), SHIPPED)
    assert verdict.judgement is Judgement.REGRESSION
    assert metric(verdict, name).judgement is Judgement.REGRESSION


def test_what_is_judged_neither_before_nor_after_has_no_verdict() -> None:
    none = readings(Missing("accuracy", "no labels"))
    verdict = judge_case(seen(readings=none), seen(readings=none), SHIPPED)
    assert {one.metric for one in verdict.metrics}.isdisjoint(
        {"accuracy", "cycles", "energy_per_inference"}
    )


def test_a_number_that_is_gone_is_no_result() -> None:
    gone = readings(counted(1_000_000), Missing("accuracy", "no labels"))
    verdict = judge_case(seen(), seen(readings=gone, later=True), SHIPPED)
    assert verdict.judgement is Judgement.NO_RESULT
    assert metric(verdict, "accuracy").reason == "no labels"


def test_the_share_of_fallbacks_is_not_judged() -> None:
    first, second = seen(readings=readings(fallback(0.1))), seen(readings=readings(fallback(0.9)))
    assert judge_case(first, second, SHIPPED).judgement is Judgement.SAME


def test_a_rig_failure_is_a_third_colour() -> None:
    broken = observe(failed_record())
    verdicts = judge_runs([seen()], [broken], SHIPPED)
    assert [one.judgement for one in verdicts] == [Judgement.NO_RESULT]
    assert verdicts[0].reason == "SimulatorDied: QEMU was killed by signal 9"
    assert exit_code(verdicts) == 4


def test_a_case_that_failed_before_its_inputs_were_known_is_still_that_case() -> None:
    early = observe(failed_record(dataset=None, dataset_sha256=None, inputs=None))
    assert len(judge_runs([seen()], [early], SHIPPED)) == 1


def test_a_case_that_is_not_there_is_no_result_and_one_more_is_new() -> None:
    verdicts = judge_runs([seen()], [seen(model="vww")], SHIPPED)
    assert [(one.key.model, one.judgement) for one in verdicts] == [
        ("vww", Judgement.NEW),
        ("kws", Judgement.NO_RESULT),
    ]
    assert verdicts[1].reason == "not measured this time"


def test_a_case_with_other_inputs_is_neither_new_nor_gone() -> None:
    (verdict,) = judge_runs([seen(100.0, inputs=450)], [seen(100.0, inputs=200)], SHIPPED)
    assert verdict.judgement is Judgement.NO_RESULT
    assert verdict.reason.startswith("not comparable: ")
    assert "inputs: 450 -> 200" in verdict.reason


def test_more_inputs_beside_the_same_ones_are_a_new_case() -> None:
    before, more = seen(100.0, inputs=450), seen(100.0, inputs=200)
    verdicts = judge_runs([before], [more, before], SHIPPED)
    assert [one.judgement for one in verdicts] == [Judgement.NEW, Judgement.SAME]


def test_the_retry_of_a_case_counts() -> None:
    verdicts = judge_runs([seen()], [observe(failed_record()), seen(later=True)], SHIPPED)
    assert [one.judgement for one in verdicts] == [Judgement.SAME]


def test_what_was_broken_before_has_nothing_to_be_compared_with() -> None:
    (verdict,) = judge_runs([observe(failed_record())], [seen()], SHIPPED)
    assert verdict.judgement is Judgement.NEW
    assert exit_code([verdict]) == 0


def test_other_conditions_are_not_compared() -> None:
    second = seen(2_000_000, clock_hz=50_000_000, compiler="arm-none-eabi-gcc 13.2.1")
    verdict = judge_case(seen(), second, SHIPPED)
    assert verdict.judgement is Judgement.NO_RESULT
    assert verdict.reason == (
        "not comparable: clock hz: 25000000 -> 50000000; "
        "compiler: arm-none-eabi-gcc 12.2.1 -> arm-none-eabi-gcc 13.2.1"
    )


def test_flags_are_under_test_and_are_told() -> None:
    verdict = judge_case(seen(), seen(5_000_000, flags="-O2 -ffreestanding"), SHIPPED)
    assert verdict.judgement is Judgement.REGRESSION
    assert [str(one) for one in verdict.changed] == [
        "flags: -O2 -mcpu=cortex-m7 -> -O2 -ffreestanding"
    ]


OPERATORS = (
    OperatorCount(0, "CONV_2D", ("arm_convolve_wrapper_s8",), 600_000),
    OperatorCount(1, "CONV_2D", ("arm_convolve_wrapper_s8",), 300_000),
    OperatorCount(2, "SOFTMAX", ("arm_softmax_s8",), 100_000),
)


def test_a_verdict_names_the_operator_and_the_function_that_moved() -> None:
    slower = (OPERATORS[0], replace(OPERATORS[1], count=390_000), OPERATORS[2])
    verdict = judge_case(
        seen(operators=OPERATORS), seen(1_090_000, later=True, operators=slower), SHIPPED
    )
    assert [str(one) for one in verdict.operators] == [
        "1 CONV_2D (arm_convolve_wrapper_s8): 300,000 -> 390,000 (+30.0 %)"
    ]
    assert [str(one) for one in verdict.kernels] == [
        "arm_convolve_wrapper_s8: 900,000 -> 990,000 (+10.0 %)"
    ]


def test_another_kernel_is_named_even_without_counts() -> None:
    kernels = tuple(replace(one, count=None) for one in OPERATORS)
    fallen = (*kernels[:2], replace(kernels[2], kernels=("reference/softmax.c",)))
    verdict = judge_case(
        seen(operators=kernels), seen(2_000_000, later=True, operators=fallen), SHIPPED
    )
    assert [str(one) for one in verdict.operators] == [
        "2 SOFTMAX (reference/softmax.c), was arm_softmax_s8"
    ]


def test_noise_of_a_thousandth_in_the_operators_is_not_named() -> None:
    slower = (replace(OPERATORS[0], count=600_900), *OPERATORS[1:])
    verdict = judge_case(
        seen(operators=OPERATORS), seen(1_090_000, later=True, operators=slower), SHIPPED
    )
    assert verdict.operators == ()


def test_exit_codes_put_a_regression_before_a_broken_rig() -> None:
    slow = judge_case(seen(), seen(2_000_000), SHIPPED)
    broken = judge_case(seen(), observe(failed_record()), SHIPPED)
    better = judge_case(seen(), seen(500_000), SHIPPED)
    assert exit_code([]) == exit_code([better]) == 0
    assert exit_code([broken, better]) == 4
    assert exit_code([broken, slow]) == 1


@given(
    value=st.floats(1, 1e12),
    share=st.floats(0, 1),
    flash=st.integers(1, 2**31),
    cycles=st.lists(st.integers(1, 10**9), min_size=1, max_size=30),
)
def test_nothing_differs_from_itself(
    value: float, share: float, flash: int, cycles: list[int]
) -> None:
    one = seen(readings=readings(counted(value), accuracy(share)), firmware_flash_bytes=flash)
    for observation in (one, on_board(cycles), on_board(cycles, kept=False)):
        assert judge_case(observation, observation, SHIPPED).judgement is Judgement.SAME


@given(before=st.floats(1, 1e9), after=st.floats(1, 1e9))
def test_worse_one_way_is_better_the_other(before: float, after: float) -> None:
    there = judge_case(seen(before), seen(after), SHIPPED).judgement
    back = judge_case(seen(after), seen(before), SHIPPED).judgement
    if abs(after - before) > max(40.0, 0.0051 * max(before, after)):
        assert {there, back} == {Judgement.REGRESSION, Judgement.IMPROVEMENT}
