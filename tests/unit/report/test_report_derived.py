"""Intervals against published ones, and derived figures worked out by hand."""

from __future__ import annotations

import pytest
from builders.records import case_record, failed_record, readings
from builders.report_contents import silicon

from harness.domain.measurement import Missing
from harness.domain.proportion import wilson
from harness.domain.record import CaseRecord
from harness.report.content import Battery
from harness.report.derived import FIGURES, SIMULATED, derive

ALL = Battery(duty_cycle=0.01, capacity_mah=220, sleep_ua=5)
NAMED = {figure.title: figure for figure in FIGURES}


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [  # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_the_published_interval(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right / n, n) == pytest.approx((low, high), abs=5e-5)
    mirrored = wilson(1 - right / n, n)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=5e-5)


@pytest.mark.parametrize(("share", "n"), [(0.5, 0), (1.1, 10), (-0.1, 10), (float("nan"), 10)])
def test_wilson_of_no_proportion_is_refused(share: float, n: int) -> None:
    with pytest.raises(ValueError, match="is no proportion"):
        wilson(share, n)


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("frames per second", 100.0),  # 480 MHz by 4.8 million cycles
        ("MMAC/s", 265.6768),  # 2,656,768 MACs a hundred times a second
        ("energy mJ", 1.4),
        ("inferences per mAh", 7714.2857),  # 3.6 C by 1.4 mJ at 3 V
        # 1 % of the time 46.667 mA, else 5 uA: 0.471617 mA; 220 mAh last 466.48 h
        ("battery days", 19.4367),
    ],
)
def test_figures_of_a_board(title: str, value: float) -> None:
    assert derive(NAMED[title], silicon(), ALL) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.title)
def test_a_simulator_has_no_derived_figures(figure: object) -> None:
    record = case_record(clock_hz=480_000_000)
    assert derive(figure, record, ALL) == SIMULATED  # type: ignore[arg-type]
    lying = silicon(fidelity=record.fidelity)
    assert derive(figure, lying, ALL) == SIMULATED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "record", "battery", "reason"),
    [
        ("frames per second", silicon(clock_hz=None), ALL, "the clock is not known"),
        ("frames per second", silicon(readings=()), ALL, "cycles were not recorded"),
        ("frames per second", silicon(cycles=0), ALL, "cycles is 0"),
        ("MMAC/s", silicon(macs=0), ALL, "the model has no multiply-accumulates"),
        ("energy mJ", silicon(joules=None), ALL, "no power meter"),
        ("inferences per mAh", silicon(joules=None), ALL, "no power meter"),
        (
            "battery days",
            silicon(),
            Battery(duty_cycle=0.01, capacity_mah=220),
            "no duty cycle, battery and sleep current were given",
        ),
        (
            "energy mJ",
            silicon(readings=readings(Missing("energy_per_inference", "the meter saturated"))),
            ALL,
            "the meter saturated",
        ),
    ],
)
def test_what_is_missing_has_a_reason(
    title: str, record: CaseRecord, battery: Battery, reason: str
) -> None:
    assert derive(NAMED[title], record, battery) == reason


def test_a_failed_case_has_no_figures() -> None:
    record = failed_record(fidelity=silicon().fidelity)
    assert derive(NAMED["MMAC/s"], record, ALL) == "the case failed: SimulatorDied"
