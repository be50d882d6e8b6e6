"""The comparison table as a user sees it, at fixed widths."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from builders.records import (
    NO_LABELS,
    bare_failed_record,
    case_record,
    counted,
    difference,
    equal,
    failed_record,
    readings,
)
from rich.cells import cell_len
from rich.console import Console

from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity, Unit
from harness.report import summary, summary_text


def comparison() -> list[CaseRecord]:
    """Two models in mixed order, a spread, a variant, a missing accuracy and a failed case."""
    mlp = {"model": "mlp-digits", "macs": 52_480, "dataset": "digits", "inputs": 450}
    reference = readings(counted(31_000_000), equal(1000), difference(0))
    return [
        case_record(kernel_set="reference", readings=reference),
        case_record(readings=readings(counted(7_628_160, spread=(7_628_120, 7_628_280)))),
        case_record(
            variant="fc-single", readings=readings(counted(7_628_160), equal(1000), difference(0))
        ),
        case_record(
            **mlp,
            readings=readings(
                counted(210_000, n=450), NO_LABELS, equal(450, 450), difference(0, 450)
            ),
        ),
        failed_record(target_id="mps2-an386", core="Cortex-M4F"),
    ]


@pytest.mark.parametrize("width", [180, 120, 100])
def test_the_table_looks_as_it_was_approved(width: int) -> None:
    """One table at 180 columns, sizes in a second one below at 120, the spread left out at 100.

    To approve another look, write `summary_text(comparison(), width)` to the file.
    """
    approved = Path(__file__).with_name(f"table_{width}.txt").read_text()
    assert summary_text(comparison(), width) == approved


@pytest.mark.parametrize("width", range(70, 200, 7))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = summary_text(comparison(), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_columns_that_do_not_fit_are_named() -> None:
    text = summary_text(comparison(), 80)
    assert "not shown in 80 columns: " in text
    dropped = " ".join(text.split("not shown in 80 columns: ")[1].split())
    assert "[min..max]" in dropped
    assert "weights KiB" in dropped
    assert "equal to" not in dropped  # it matters, and gets a table of its own
    assert "991/1000 (±1 LSB)" in text
    assert "instructions" in text.splitlines()[0]
    assert "not shown" not in summary_text(comparison(), 180)


def test_a_hopelessly_narrow_terminal_still_names_the_rows() -> None:
    text = summary_text(comparison(), 30)
    assert "cmsis-nn" in text
    assert "mlp" in text


@pytest.mark.parametrize("width", [60, 100, 180])
def test_a_simulated_table_does_not_speak_of_cycles(width: int) -> None:
    assert "cycle" not in summary_text(comparison(), width).lower()


def silicon(kernel_set: str, count: float) -> CaseRecord:
    cycles = counted(count, unit=Unit.CYCLES, fidelity=Fidelity.SILICON)
    others = tuple(reading for reading in readings() if reading.quantity != "instructions")
    return case_record(
        target_id="nucleo-h743",
        kernel_set=kernel_set,
        fidelity=Fidelity.SILICON,
        clock_hz=480_000_000,
        counter_name="dwt-cyccnt",
        readings=(cycles, *others),
    )


def test_silicon_shows_cycles_and_time() -> None:
    text = summary_text([silicon("reference", 12_000_000), silicon("cmsis-nn", 3_100_000)], 180)
    assert "instructions" not in text
    row = next(line for line in text.splitlines() if "cmsis-nn" in line)
    shown = " ".join(row.split()[1:])
    assert shown == (
        "90.1 % [88.1..91.8] 991/1000 (±1 LSB) 3,100,000 6.458 3.9x "
        "2,656,768 1.17 16.0 22.1 24.0 8.0"
    )
    assert (
        "silicon: cycles; median per inference, n = 1,000, counter dwt-cyccnt, resolution 1, "
        "clock 480 MHz"
    ) in text


def test_fidelities_side_by_side_keep_to_their_columns() -> None:
    text = summary_text([case_record(), silicon("cmsis-nn", 3_100_000)], 200)
    simulated = next(line for line in text.splitlines() if "mps2-an500" in line)
    board = next(line for line in text.splitlines() if "nucleo-h743" in line)
    assert "7,628,160" in simulated
    assert "3,100,000" not in simulated
    assert simulated.count("-¹") == 3  # cycles, cycles per MAC, ms
    assert board.count("-²") == 2  # instructions, instructions per MAC
    assert "¹ a simulator counts instructions, not time" in text
    assert "² a board's counter does not count instructions" in text


def test_failed_cases_are_red_and_say_why() -> None:
    console = Console(width=100, record=True, file=io.StringIO(), force_terminal=True)
    console.print(summary(comparison(), 100))
    text = console.export_text(styles=True)
    red = "\x1b[31m"
    assert f"{red}SimulatorDied" in text
    assert f"{red}kws · mps2-an386 · cmsis-nn (O2): SimulatorDied: QEMU was killed by" in text


def test_colour_is_optional() -> None:
    assert "\x1b[" not in summary_text(comparison(), 100)
    assert "\x1b[31m" in summary_text(comparison(), 100, color=True)


def test_a_table_of_failures_only_has_no_empty_columns() -> None:
    text = summary_text([bare_failed_record()], 100)
    assert "flash" not in text
    assert "speed-up" not in text
    assert "✗ kws · mps2-an500 · cmsis-nn (O2): CompileFailed: the compiler returned 1" in text


def test_names_with_brackets_are_not_taken_for_markup() -> None:
    text = summary_text([case_record(model="net[red]", kernel_set="[bold]x")], 180)
    assert "net[red]" in text
    assert "[bold]x" in text


def test_different_inputs_of_a_model_are_told_apart() -> None:
    text = summary_text([case_record(), case_record(inputs=100)], 200)
    assert "1,000 of mlperf:kws01" in text
    assert "100 of mlperf:kws01" in text.replace("1,000 of", "")


def test_different_resolutions_name_their_targets() -> None:
    helium = replace(counted(5_000_000), resolution=31.25)
    other = case_record(target_id="mps3-an547", core="Cortex-M55", readings=readings(helium))
    text = " ".join(summary_text([case_record(), other], 200).split())
    assert "resolution 40 (mps2-an500); 31.25 (mps3-an547)" in text


def test_what_does_not_fit_above_may_fit_below() -> None:
    """At 118 columns the interval leaves the first table and finds room in the second."""
    first, second = summary_text(comparison(), 118).split("\n\n")[0:3:2]
    assert "95 % interval" not in first
    assert "95 % interval" in second
    assert "not shown in 118 columns: instructions [min..max]\n" in summary_text(comparison(), 118)


def test_no_cases_is_said() -> None:
    assert summary_text([], 100) == "no cases\n"


def test_other_names_of_the_same_build_stand_in_the_row() -> None:
    text = summary_text([case_record(aliases="cmsis-nn-dsp")], width=140)
    assert "(= cmsis-nn-dsp)" in text
    assert "(= " not in summary_text([case_record()], width=140)


def test_at_80_columns_the_accuracy_keeps_its_interval() -> None:
    records = [
        case_record(kernel_set=kernels, readings=readings(counted(7_628_160), equal(1000)))
        for kernels in ("reference", "cmsis-nn")
    ]
    text = summary_text(records, 80)
    assert "95 % interval" in text.split("simulated by")[0]
    assert "not shown in 80 columns: accuracy 95 % interval" not in text
