"""Comparison tables: what stands in a row together, ratios, the best, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from builders.observations import on_board, seen
from builders.records import accuracy, counted, failed_record, readings

from harness.domain.comparison import ComparisonTable
from harness.domain.measurement import Measurement
from harness.domain.observation import Observation
from harness.domain.units import Unit
from harness.errors import NotComparable, UnknownName
from harness.results.comparability import observe
from harness.results.comparison import compare, labelled
from harness.results.pivot import pivot_across, pivot_of_runs

REFERENCE = {
    "kernel_set": "reference",
    "library_name": None,
    "library_version": None,
    "library_tree_hash": None,
}


def kernels(model: str, reference: float, cmsis_nn: float) -> list[Observation]:
    return [seen(cmsis_nn, model=model), seen(reference, model=model, **REFERENCE)]


def across(
    axis: str,
    observations: Sequence[Observation],
    metric: str | None = None,
    *,
    force: bool = False,
) -> ComparisonTable:
    (table,) = compare(observations, pivot_across(axis, observations), metric, force=force)
    return table


def values(table: ComparisonTable) -> dict[tuple[str, ...], list[float | str]]:
    return {
        row.labels: [
            entry.reading.value if isinstance(entry.reading, Measurement) else entry.reading.reason
            for entry in row.entries
        ]
        for row in table.rows
    }


def test_the_speed_up_over_reference_per_model() -> None:
    table = across("kernels", [*kernels("lenet", 4_600, 2_300), *kernels("mlp", 3_600, 1_200)])
    assert table.columns == ("reference", "cmsis-nn")
    assert table.row_names == ("model", "target")
    assert values(table) == {
        ("lenet", "mps2-an500"): [4_600, 2_300],
        ("mlp", "mps2-an500"): [3_600, 1_200],
    }
    assert [row.entries[1].ratio for row in table.rows] == [0.5, pytest.approx(1 / 3)]
    assert [[entry.best for entry in row.entries] for row in table.rows] == [[False, True]] * 2
    assert table.speedup
    assert table.base == 0


def test_what_varies_beside_the_axis_names_rows() -> None:
    cases = [*kernels("mlp", 3_600, 1_200), seen(1_100, model="mlp", variant="Os", flags="-Os")]
    table = across("kernels", cases)
    assert table.row_names == ("model", "target", "build")
    assert values(table)["mlp", "mps2-an500", "Os"] == ["not measured", 1_100]


def test_two_runs_side_by_side() -> None:
    first, second = labelled([seen(1_000_000)], "A"), labelled([seen(1_100_000)], "B")
    (table,) = compare([*second, *first], pivot_of_runs([*first, *second], "A"))
    assert table.columns == ("A", "B")
    assert table.rows[0].entries[1].ratio == pytest.approx(1.1)
    assert not table.speedup


def test_a_tick_more_is_no_difference_and_no_worse() -> None:
    cases = [*labelled([seen(1_000)], "A"), *labelled([seen(1_040)], "B")]
    (table,) = compare(cases, pivot_of_runs(cases, "A"))
    _, entry = table.rows[0].entries
    assert entry.same
    assert not any(one.best for one in table.rows[0].entries)


def test_accuracy_has_its_interval_and_small_differences_are_none() -> None:
    cases = kernels("kws", 2, 1)
    small = [
        seen(model="kws", readings=readings(accuracy(0.90, 100))),
        seen(model="kws", readings=readings(accuracy(0.93, 100)), **REFERENCE),
    ]
    entry = across("kernels", small, "accuracy").rows[0].entries[0]
    assert entry.interval == pytest.approx((0.8625, 0.9657), abs=5e-4)
    assert across("kernels", small, "accuracy").rows[0].entries[1].same
    assert len(cases) == 2


def test_the_last_of_several_cases_counts() -> None:
    assert values(across("kernels", [seen(5), seen(6)])) == {("kws", "mps2-an500"): [6]}


def test_other_conditions_are_left_out_and_listed() -> None:
    cases = [*kernels("mlp", 3_600, 1_200), *kernels("lenet", 5, 4)]
    cases[0] = seen(1_200, model="mlp", compiler="clang 14")
    table = across("kernels", cases)
    assert values(table)["mlp", "mps2-an500"] == [3_600, "not comparable"]
    assert table.refused == (
        "mlp · mps2-an500 · cmsis-nn: compiler: arm-none-eabi-gcc 12.2.1 -> clang 14",
    )


def test_where_nothing_is_left_that_is_an_error_with_what_differs() -> None:
    cases = [*labelled([seen()], "A"), *labelled([seen(clock_hz=1, flags="-Os")], "B")]
    with pytest.raises(NotComparable) as caught:
        compare(cases, pivot_of_runs(cases, "A"))
    assert str(caught.value) == (
        "nothing here may be compared:\n  kws · mps2-an500 · cmsis-nn · B: "
        "clock hz: 25000000 -> 1; flags: -O2 -mcpu=cortex-m7 -> -Os\n"
        "  -> Measure under equal conditions, or use --force for a table that is marked."
    )
    assert caught.value.exit_code == 2


def test_force_compares_and_marks() -> None:
    cases = [*labelled([seen(100_000)], "A"), *labelled([seen(200_000, flags="-Os")], "B")]
    (table,) = compare(cases, pivot_of_runs(cases, "A"), force=True)
    assert table.rows[0].forced == "flags: -O2 -mcpu=cortex-m7 -> -Os"
    assert table.rows[0].entries[1].ratio == 2
    assert table.refused == ()


def test_fidelities_never_share_a_table_even_by_force() -> None:
    cases = [seen(), on_board([1000, 1001])]
    tables = compare(cases, pivot_across("targets", cases), force=True)
    assert [(table.metric, table.columns) for table in tables] == [
        ("cycles", ("nucleo-h743",)),
        ("instructions", ("mps2-an500",)),
    ]


def test_targets_may_differ_in_core_clock_and_flags_but_not_in_compiler() -> None:
    other = {"target_id": "mps2-an386", "core": "Cortex-M4F", "flags": "-mcpu=cortex-m4"}
    table = across("targets", [seen(5), seen(6, **other)])
    assert values(table) == {("kws", "cmsis-nn"): [5, 6]}
    assert not table.speedup
    with pytest.raises(NotComparable, match=r"compiler: arm-none-eabi-gcc .* -> clang"):
        across("targets", [seen(5), seen(6, compiler="clang", **other)])


def test_a_failed_case_is_a_dash_with_its_reason() -> None:
    cases = [observe(failed_record()), seen(7, **REFERENCE)]
    assert values(across("kernels", cases)) == {
        ("kws", "mps2-an500"): [7, "SimulatorDied: QEMU was killed by signal 9"]
    }


def test_an_axis_that_is_none() -> None:
    with pytest.raises(UnknownName, match="nothing is compared across 'days'") as caught:
        pivot_across("days", [])
    assert caught.value.hint == "Use one of targets, kernels, models, builds."


def test_counts_of_zero_have_no_ratio() -> None:
    cases = [seen(readings=(counted(0.0),), **REFERENCE), seen(5)]
    assert across("kernels", cases).rows[0].entries[1].ratio is None


@pytest.mark.parametrize(("spread", "same"), [((95.0, 106.0), True), ((104.0, 106.0), False)])
def test_what_is_not_exact_differs_only_where_ranges_lie_apart(
    spread: tuple[float, float], same: bool
) -> None:
    rate = Unit.INFERENCES_PER_SECOND
    before = counted(100, unit=rate, spread=(97.0, 103.0))
    after = counted(105, unit=rate, spread=spread)
    cases = [
        *labelled([seen(readings=(before,))], "A"),
        *labelled([seen(readings=(after,))], "B"),
    ]
    (table,) = compare(cases, pivot_of_runs(cases, "A"), rate.value)
    assert table.rows[0].entries[1].same is same


def test_runs_of_other_inputs_are_refused_with_what_differs() -> None:
    runs = [
        *labelled([seen(100.0, inputs=450)], "one"),
        *labelled([seen(90.0, inputs=200)], "two"),
    ]
    pivot = pivot_of_runs(runs, "one")
    with pytest.raises(NotComparable, match="inputs: 450 -> 200"):
        compare(runs, pivot)
    (table,) = compare(runs, pivot, force=True)
    assert list(values(table).values()) == [[100.0, 90.0]]
    assert "inputs: 450 -> 200" in table.rows[0].forced


def test_inputs_name_rows_where_a_run_has_a_case_with_several() -> None:
    runs = [
        *labelled([seen(100.0, inputs=450), seen(101.0, inputs=200)], "one"),
        *labelled([seen(90.0, inputs=200)], "two"),
    ]
    (table,) = compare(runs, pivot_of_runs(runs, "one"))
    assert [row.labels[-1] for row in table.rows] == ["450", "200"]
    assert list(values(table).values())[1] == [101.0, 90.0]


def test_runs_without_a_case_in_common_are_refused() -> None:
    runs = [*labelled([seen(1.0, model="a")], "one"), *labelled([seen(1.0, model="b")], "two")]
    with pytest.raises(NotComparable, match="no case is in both of one and two"):
        compare(runs, pivot_of_runs(runs, "one"))
