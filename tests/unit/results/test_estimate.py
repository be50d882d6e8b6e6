"""Cycle estimates: intervals that hold published results, and a board's own constants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from builders.observations import board_record, on_board, seen
from builders.records import KERNELS

from harness.catalog import read_constants
from harness.domain.estimate import CycleEstimate, NetClass, short
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Missing
from harness.domain.observation import Observation
from harness.errors import BadDefinition, ConfigError, StoreError
from harness.results.calibration import read_calibration, write_calibration
from harness.results.comparability import observe
from harness.results.estimate import calibrate, estimate

CONSTANTS = read_constants()
CONV = {"operator_kernels": KERNELS, "library_name": "cmsis-nn"}
FC = {
    "operator_kernels": (OperatorKernel(0, "FULLY_CONNECTED", "cmsis-nn/fully_connected.c"),),
    "library_name": "cmsis-nn",
}


def of(core: str, instructions: float, **fields: object) -> Observation:
    return seen(instructions, core=core, **fields)


@pytest.mark.parametrize(
    ("core", "instructions", "fields", "published"),
    [  # MLPerf Tiny v1.0 and v1.1 of NUCLEO-L4R5ZI and nRF5340, CMSIS-NN: keyword spotting, images,
        # anomaly detection; then NUCLEO-H7A3ZI with other int8 kernels
        ("Cortex-M4F", 8_481_750, CONV, 11_977_200),
        ("Cortex-M4F", 25_385_923, CONV, 35_841_000),
        ("Cortex-M4F", 600_854, FC, 1_032_600),
        ("Cortex-M33", 8_442_598, CONV, 9_738_880),
        ("Cortex-M33", 591_195, FC, 802_112),
        ("Cortex-M7", 16_441_956, CONV, 12_837_559),
    ],
)
def test_published_results_lie_in_the_interval(
    core: str, instructions: float, fields: dict[str, object], published: float
) -> None:
    found = estimate(of(core, instructions, **fields), CONSTANTS)
    assert isinstance(found, CycleEstimate)
    assert found.low < published < found.high
    assert found.high / found.middle == pytest.approx(1 + found.constant.band)


def test_an_estimate_says_what_it_is_made_of() -> None:
    found = estimate(of("Cortex-M4F", 8_531_469, **CONV), CONSTANTS)
    assert str(found) == "9.76M..14.6M (12.2M ±20 %; CPI 1.43, Cortex-M4 conv)"


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        (of("Cortex-M3", 1_000, **CONV), "no constant for Cortex-M3 (conv)"),
        (of("Cortex-M7", 1_000), "the constants are those of cmsis-nn's kernels"),
        (of("Cortex-M7", 1_000, library_name="cmsis-nn"), "which operators ran is not recorded"),
        (on_board([1000, 1001]), "not recorded"),
    ],
)
def test_no_estimate_without_a_basis(observation: Observation, reason: str) -> None:
    assert estimate(observation, CONSTANTS) == Missing("cycles_est", reason)


def measured(cycles: float, **fields: object) -> Observation:
    record = board_record([cycles] * 3, **(CONV | fields))
    return observe(record)


def test_a_board_s_own_run_calibrates_it(tmp_path: Path) -> None:
    twin = of("Cortex-M7", 1_000_000, **CONV)
    (constant,) = calibrate([twin], [measured(870_000)])
    assert (constant.of, constant.net) == ("nucleo-h743", NetClass.CONVOLUTIONAL)
    assert constant.cpi == pytest.approx(0.87)
    assert constant.band == 0.10
    file = tmp_path / "own.json"
    assert read_calibration(file) == []
    write_calibration([constant], file)
    write_calibration([replace(constant, cpi=0.9)], file)
    (kept,) = read_calibration(file)
    assert kept.cpi == 0.9
    found = estimate(twin, [*read_calibration(file), *CONSTANTS], "nucleo-h743")
    assert isinstance(found, CycleEstimate)
    assert (found.low, found.high) == pytest.approx((810_000, 990_000))
    assert estimate(twin, CONSTANTS, "nucleo-h743") == Missing(
        "cycles_est", "no constant for nucleo-h743 (conv)"
    )


def test_cases_that_scatter_more_than_the_band_widen_it() -> None:
    twins = [of("Cortex-M7", 1_000_000, **CONV), of("Cortex-M7", 1_000_000, model="ic", **CONV)]
    (constant,) = calibrate(twins, [measured(800_000), measured(1_200_000, model="ic")])
    assert constant.cpi == pytest.approx(1.0)
    assert constant.band == pytest.approx(0.2)


@pytest.mark.parametrize(
    "fields", [{"compiler": "clang"}, {"model": "ic"}, {"kernel_set": "x"}, {"core": "Cortex-M4"}]
)
def test_only_the_same_case_calibrates(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="no case was measured on a board and simulated too") as e:
        calibrate([of("Cortex-M7", 1_000_000, **CONV)], [measured(800_000, **fields)])
    assert e.value.hint.startswith("Run the same model, kernel set and build")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schema": 9}',
        '{"schema": 1, "constants": [{}]}',
        '{"schema": 1, "constants": [{"of": "b", "net": "fc", "cpi": -1, "band": 0, "basis": ""}]}',
    ],
)
def test_a_calibration_that_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.json"
    file.write_text(text)
    with pytest.raises(BadDefinition, match="this is no calibration"):
        read_calibration(file)


def test_a_calibration_that_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="the calibration cannot be kept"):
        write_calibration([CONSTANTS[0]], tmp_path / "taken" / "own.json")


@pytest.mark.parametrize(
    ("count", "text"),
    [(12_200_000, "12.2M"), (999, "999"), (1_500, "1.50k"), (111_000, "111k"), (2e9, "2.00G")],
)
def test_three_digits(count: float, text: str) -> None:
    assert short(count) == text
