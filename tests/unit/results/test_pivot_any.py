"""Pivots of any columns: laid out as asked, aggregated as pandas does, and guarded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from builders.observations import board_record
from builders.records import (
    STARTED,
    accuracy,
    case_record,
    counted,
    failed_record,
    readings,
    run_info,
)

from harness.domain.comparison import ComparisonTable
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord
from harness.errors import ConfigError, NotComparable, UnknownName
from harness.results import open_store
from harness.results.baseline import write_baseline
from harness.results.case_table import CaseTable, case_table
from harness.results.observing import observations_of
from harness.results.pivot_any import pivoted
from harness.results.pivot_request import PivotRequest, pivot_request

REFERENCE = {
    "kernel_set": "reference",
    "library_name": None,
    "library_version": None,
    "library_tree_hash": None,
}


def case(count: float, model: str = "kws", **changes: Any) -> CaseRecord:
    return case_record(readings=readings(counted(count)), model=model, **changes)


MATRIX = [
    case(3_000, "mlp", **REFERENCE),
    case(9_000, "lenet", **REFERENCE),
    case(1_000, "mlp"),
    case(2_000, "lenet"),
    case(4_000, "mlp", core="Cortex-M4", target_id="mps2-an386", flags="-m4", **REFERENCE),
    case(2_000, "mlp", core="Cortex-M4", target_id="mps2-an386", flags="-m4"),
]


@pytest.fixture
def kept(tmp_path: Path) -> Any:
    def keep(*runs: list[CaseRecord]) -> CaseTable:
        store = open_store(tmp_path / "harness.db")
        for day, records in enumerate(runs):
            run = run_info(id=f"run{day}", started=STARTED + timedelta(days=day), host=f"desk{day}")
            store.begin(run)
            for record in records:
                store.add(run.id, record)
        names = [f"run{day}" for day in range(len(runs))]
        return case_table(names, lambda: store, commit_of=lambda _: None)

    return keep


def one(table: CaseTable, text: str, **how: Any) -> ComparisonTable:
    (found,) = pivoted(table, pivot_request(text), **how)
    return found


def values(table: ComparisonTable) -> dict[tuple[str, ...], list[float | str]]:
    return {
        row.labels: [
            entry.reading.value if isinstance(entry.reading, Measurement) else entry.reading.reason
            for entry in row.entries
        ]
        for row in table.rows
    }


def test_rows_columns_values_and_the_speed_up(kept: Any) -> None:
    found = one(kept(MATRIX), "rows=model,target columns=kernels values=instructions")
    assert found.columns == ("reference", "cmsis-nn")
    assert (found.row_names, found.column_name) == (("model", "target"), "kernels")
    assert values(found) == {
        ("mlp", "mps2-an500"): [3_000, 1_000],
        ("lenet", "mps2-an500"): [9_000, 2_000],
        ("mlp", "mps2-an386"): [4_000, 2_000],
    }
    ratios = [row.entries[1].ratio for row in found.rows]
    assert ratios == [pytest.approx(1 / 3), pytest.approx(2 / 9), 0.5]
    assert [[entry.best for entry in row.entries] for row in found.rows] == [[False, True]] * 3
    assert found.speedup


@pytest.mark.parametrize("aggregate", ["median", "mean", "min", "max", "sum", "count"])
def test_cells_are_those_of_pandas(kept: Any, aggregate: str) -> None:
    table = kept(MATRIX[:4])
    text = f"rows=target columns=kernels values=instructions aggregate={aggregate}"
    found = one(table, text)
    expected = pd.pivot_table(
        table.frame,
        index="target_id",
        columns="kernel_set",
        values="instructions",
        aggfunc=aggregate,
    )
    assert values(found) == {
        ("mps2-an500",): [
            float(expected.loc["mps2-an500", "reference"]),
            float(expected.loc["mps2-an500", "cmsis-nn"]),
        ]
    }
    assert found.notes == (f"a cell is the {aggregate} over model (2)",)
    assert found.rows[0].entries[0].reading.n == 2  # type: ignore[union-attr]


def test_any_column_may_be_rows_columns_and_values(kept: Any) -> None:
    table = kept(MATRIX[:2], MATRIX[:2])
    found = one(table, "rows=model columns=host values=macs")
    assert found.columns == ("desk0", "desk1")
    assert values(found) == {("mlp",): [2_656_768] * 2, ("lenet",): [2_656_768] * 2}
    assert [entry.same for entry in found.rows[0].entries] == [False, True]
    every = {str(name) for name in table.frame.columns}
    assert {"run_id", "compiler", "arena_bytes", "board_serial", "instructions_max"} <= every
    for name in sorted(every):
        try:
            pivoted(table, PivotRequest(("model",), (name,) if name != "model" else ("core",)))
        except NotComparable:
            assert name in {"run", "run_id"}
        pivoted(table, PivotRequest((name,), ("core" if name != "core" else "model",)))


def test_several_columns_and_values(kept: Any) -> None:
    asked = pivot_request("rows=model columns=core,kernels values=instructions,flash")
    first, second = pivoted(kept(MATRIX), asked)
    assert first.columns[0] == "Cortex-M7 / reference"
    assert (first.metric, second.metric, second.unit) == ("instructions", "flash", "bytes")
    assert values(second)["lenet",][:2] == [24_576, 24_576]


def test_a_cell_aggregates_what_every_cell_has(kept: Any) -> None:
    found = one(kept(MATRIX[:3]), "rows=target columns=kernels values=instructions aggregate=sum")
    assert values(found) == {("mps2-an500",): [3_000, 1_000]}  # without lenet
    said = "mps2-an500 · reference: lenet · mps2-an500 · reference is not in every column"
    assert found.refused == (said,)


def test_unequal_conditions_are_left_out_and_listed_or_forced(kept: Any) -> None:
    table = kept([case(1_000)], [case(900, compiler="clang 14")])
    asked = "rows=model columns=run values=instructions"
    with pytest.raises(NotComparable, match=r"compiler: arm-none-eabi-gcc 12.2.1 -> clang 14"):
        pivoted(table, pivot_request(asked))
    forced = one(table, asked, force=True)
    assert values(forced) == {("kws",): [1_000, 900]}
    assert forced.rows[0].forced == "compiler: arm-none-eabi-gcc 12.2.1 -> clang 14"


def test_repeats_under_other_conditions_do_not_mix_in_a_cell(kept: Any) -> None:
    table = kept([case(1_000), case(500, clock_hz=1), case(1_000, **REFERENCE)])
    found = one(table, "rows=model columns=kernels values=instructions aggregate=min")
    assert values(found) == {("kws",): [1_000, 1_000]}
    assert "clock hz: 25000000 -> 1" in found.refused[0]


def test_a_board_is_a_condition(kept: Any) -> None:
    table = kept([case(1_000, board_serial="A")], [case(1_000, board_serial="B")])
    with pytest.raises(NotComparable, match="board: A -> B"):
        pivoted(table, pivot_request("rows=model columns=run values=instructions"))
    by_board = one(table, "rows=model columns=board_serial values=instructions")
    assert values(by_board) == {("kws",): [1_000, 1_000]}


def test_silicon_and_simulation_share_no_table(kept: Any) -> None:
    table = kept([case(1_000), board_record([5_000] * 3, model="kws")])
    first, second = pivoted(table, pivot_request("rows=model columns=target values=macs"))
    assert {first.fidelity, second.fidelity} == {"silicon", "simulated"}
    assert [len(found.columns) for found in (first, second)] == [1, 1]


def test_what_is_uncertain_is_no_difference_and_shares_have_intervals(kept: Any) -> None:
    def share(value: float, **changes: Any) -> CaseRecord:
        return case_record(readings=readings(accuracy(value, 100)), **changes)

    table = kept([share(0.90), share(0.93, **REFERENCE)])
    base, other = one(table, "rows=model columns=kernels values=accuracy").rows[0].entries
    assert base.interval is not None
    assert other.interval == pytest.approx((0.8256, 0.9448), abs=5e-4)  # Wilson, 90 of 100
    assert other.same
    assert not base.best


def test_a_failed_case_is_a_dash_with_its_reason(kept: Any) -> None:
    table = kept([case(1_000, **REFERENCE), failed_record()])
    found = one(table, "rows=model columns=kernels values=instructions")
    assert values(found) == {("kws",): [1_000, "SimulatorDied: QEMU was killed by signal 9"]}


def test_a_baseline_has_columns_too(kept: Any, tmp_path: Path) -> None:
    kept([case(1_000)], [case(1_100)])
    store = open_store(tmp_path / "harness.db")
    file = tmp_path / "mine.json"
    write_baseline(file, observations_of(store, [store.runs()[0]]))
    table = case_table([str(file), "run1"], lambda: store, commit_of=lambda _: None)
    found = one(table, "rows=model,target columns=run values=instructions")
    assert values(found) == {("kws", "mps2-an500"): [1_000, 1_100]}
    assert found.columns[0] == str(file)


def test_an_unknown_column_is_answered_with_all_there_are(kept: Any) -> None:
    with pytest.raises(UnknownName, match="the cases have no column 'colour', 'modell'") as caught:
        pivoted(kept(MATRIX), pivot_request("rows=colour columns=modell"))
    for name in ("target_id", "instructions", "run_started", "board_serial", "run"):
        assert name in caught.value.hint


def test_text_can_be_counted_and_not_averaged(kept: Any) -> None:
    table = kept(MATRIX)
    with pytest.raises(ConfigError, match="the values of compiler are no numbers") as caught:
        pivoted(table, pivot_request("rows=model columns=core values=compiler"))
    assert "aggregate=count" in caught.value.hint
    found = one(table, "rows=core columns=kernels values=compiler aggregate=count")
    assert values(found) == {("Cortex-M7",): [2, 2], ("Cortex-M4",): [1, 1]}


def test_simulated_energies_are_compared_with_nothing(kept: Any) -> None:
    reading = counted(1.0)
    name = "energy_per_inference_sim"
    simulated = case_record(readings=(Measurement(**{**vars(reading), "quantity": name}),))
    with pytest.raises(ConfigError, match=f"{name} is of a simulation"):
        pivoted(kept([simulated]), pivot_request(f"rows=model columns=core values={name}"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model", "--pivot 'model' has 1 parts"),
        ("rows=model", "--pivot names no columns"),
        ("columns=model", "--pivot names no rows"),
        ("rows=model columns=model", "model names both rows and columns"),
        ("rows=model columns=core agg=max", "--pivot has a part 'agg=max'"),
        ("rows=model rows=core columns=target", "--pivot has a part 'rows=core'"),
        ("rows=model columns=core aggregate=mode", "cells are not aggregated by 'mode'"),
        ("target,target_id", "target_id names both rows and columns"),
    ],
)
def test_a_request_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        pivot_request(text)
    assert caught.value.hint.endswith(".")


def test_the_short_form_says_the_same() -> None:
    long = pivot_request("rows=model,target columns=kernels values=flash")
    assert pivot_request("model+target,kernels,flash") == long
    assert long.values == ("firmware_flash_bytes",)
