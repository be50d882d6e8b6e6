"""Energies against what a pencil gives: known waveforms, lost samples, operators, batteries."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from devices.meters import QUICK, recorded

from harness.domain.energy import Alignment, Baseline, EnergySummary, WindowEnergy
from harness.domain.power import Accuracy, Edge, Invalid, MeterInfo, Reason, Sync, Trace
from harness.errors import ConfigError
from harness.power.analysis.battery import DutyCycle, battery_life
from harness.power.analysis.limits import Expected, Limits
from harness.power.analysis.operators import operator_energies
from harness.power.analysis.summary import analyse, baseline_of
from harness.power.analysis.uncertainty import combined
from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import FollowedGate, GatedLoad

TEN = GatedLoad([(0.25, 10.25)], ripple_a=2e-3, ripple_hz=937.0)
TEN_J = 10e-3 * 3.0 * 10.0


def trace_of(current: np.ndarray, rate_hz: float = 1e3, **more: object) -> Trace:
    made = Trace(
        rate_hz=rate_hz,
        current_a=current.astype(np.float32),
        voltage_v=3.0,
        flags=np.zeros(len(current), np.uint8),
        info=MeterInfo("test", "test"),
        accuracy=Accuracy(0.02, 0.01, 50e-6, 1e-7, "by hand"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def gated(windows: list[tuple[int, int]], total: int, active: float = 10e-3) -> Trace:
    gate = np.zeros(total, np.uint8)
    for first, end in windows:
        gate[first:end] = 1
    return trace_of(np.where(gate, active, 2e-3), logic=gate)


def summary(reading: object) -> EnergySummary:
    assert isinstance(reading, EnergySummary), str(reading)
    return reading


@pytest.mark.parametrize(
    ("name", "rate_hz", "sync", "load"),
    [
        ("ppk2", 100e3, Sync.GATE, TEN),
        ("lpm01a", 5e3, Sync.PULSE, GatedLoad([(0.25, 0.2504), (10.25, 10.2504)], 10e-3, 2e-3)),
    ],
)
def test_a_known_waveform_over_the_wire(
    name: str, rate_hz: float, sync: Sync, load: GatedLoad
) -> None:
    """10 mA at 3 V for 10 s and 100 inferences: 3 mJ each, whatever the instrument."""
    trace, _, _ = recorded(name, load, seconds=10.4, rate_hz=rate_hz, sync=sync)
    found = summary(analyse(trace, Expected(1, 100, window_s=(10.0,))))
    assert found.energy_j == pytest.approx(TEN_J / 100, rel=1e-3)
    assert found.mean_current_a == pytest.approx(10e-3, rel=1e-3)
    assert found.charge_c == pytest.approx(1e-3, rel=1e-3)
    assert found.coverage == 1.0
    assert found.origin == "simulated"
    assert not found.for_regression
    assert found.warnings == ()


def test_300_lost_samples_change_nothing_but_the_coverage() -> None:
    gaps = tuple((100_000 + 25_000 * n, 30) for n in range(10))
    trace, _, _ = recorded(waveform=TEN, faults=Faults(drop=gaps), seconds=10.4)
    found = summary(analyse(trace, Expected(1, 100, window_s=(10.0,))))
    assert found.energy_j == pytest.approx(TEN_J / 100, rel=1e-3)
    assert found.windows[0].lost == 300
    assert found.coverage == pytest.approx(1 - 300 / 1_000_000, abs=1e-9)


def test_300_samples_lost_at_once_stay_within_a_thousandth() -> None:
    """256 of them cannot be seen by a 6-bit counter: the window is short by so much."""
    trace, _, _ = recorded(waveform=TEN, faults=Faults(drop=((500_000, 300),)), seconds=10.4)
    found = summary(analyse(trace, Expected(1, 100, window_s=(10.0,))))
    assert found.energy_j == pytest.approx(TEN_J / 100, rel=1e-3)
    assert any("6-bit counter" in note for note in found.warnings)


def test_the_current_follows_the_gate_of_a_board_in_its_own_time() -> None:
    board = FollowedGate(active_a=12e-3)
    board.edge(0.2)
    board.edge(0.7)
    board.advance(1.0)
    trace, _, _ = recorded(waveform=board, seconds=0.99)
    assert len(trace) <= 100_000
    found = summary(analyse(trace, Expected(1, 1, window_s=(0.5,)), QUICK))
    assert found.energy_j == pytest.approx(12e-3 * 3 * 0.5, rel=1e-3)


def test_the_median_of_five_windows_and_how_well_they_repeat() -> None:
    windows = [(1000 + 3000 * n, 3000 + 3000 * n) for n in range(5)]
    trace = gated(windows, 17_000)
    current = trace.current_a.copy()
    for n, (first, end) in enumerate(windows):
        current[first:end] = 10e-3 * (1 + 0.001 * n)
    found = summary(analyse(replace(trace, current_a=current), Expected(5, 20), QUICK))
    assert found.energy_j == pytest.approx(10e-3 * 1.002 * 3 * 2 / 20, rel=1e-6)
    spread = np.std([1, 1.001, 1.002, 1.003, 1.004], ddof=1) / 1.002
    assert found.repeatability == pytest.approx(spread, rel=1e-3)


def test_the_budget_by_hand() -> None:
    """Gain 2 % and voltage 1 % rectangular give 1.291 %; all else is small beside them."""
    found = summary(analyse(gated([(1000, 11_000)], 12_000), Expected(1, 10)))
    parts = {part.name: part.relative for part in found.budget}
    assert parts["gain of the current"] == pytest.approx(0.02 / math.sqrt(3))
    assert parts["supply voltage"] == pytest.approx(0.01 / math.sqrt(3))
    assert parts["edges of the window"] == pytest.approx(0.8 * 1e-3 / 10 / math.sqrt(6), rel=1e-3)
    assert combined(found.budget) == pytest.approx(0.01291, rel=1e-3)
    assert found.expanded_j == pytest.approx(2 * 0.01291 * found.energy_j, rel=1e-3)


def test_a_baseline_is_named_and_taken_off() -> None:
    trace = gated([(1000, 11_000)], 12_000)
    baseline = baseline_of(trace, "idle_busy", 0, 1000)
    assert baseline.power_w == pytest.approx(6e-3)
    found = summary(analyse(trace, Expected(1, 10), baseline=baseline))
    assert found.energy_j == pytest.approx(30e-3, rel=1e-6)
    assert found.net_j == pytest.approx(24e-3, rel=1e-6)
    assert found.baseline == Baseline("idle_busy", baseline.power_w)


def test_a_measured_voltage_is_multiplied_sample_by_sample() -> None:
    gate = np.zeros(3000, np.uint8)
    gate[500:2500] = 1
    volts = np.where(np.arange(3000) % 2, 3.2, 2.8).astype(np.float32)
    current = np.where(np.arange(3000) % 2, 12e-3, 8e-3)
    trace = trace_of(current, logic=gate, voltage_v=volts)
    found = summary(analyse(trace, Expected(1, 1), QUICK))
    assert found.energy_j == pytest.approx((3.2 * 12e-3 + 2.8 * 8e-3) / 2 * 2, rel=1e-6)


@pytest.mark.parametrize(("seconds", "valid"), [(0.999, False), (1.0, True)])
def test_a_short_window_has_no_number(seconds: float, valid: bool) -> None:
    trace = gated([(500, 500 + round(seconds * 1000))], 3000)
    reading = analyse(trace, Expected(1, 1))
    if valid:
        assert "shorter than 10 s" in summary(reading).warnings[0]
    else:
        assert isinstance(reading, Invalid)
        assert reading.reason is Reason.WINDOW_TOO_SHORT


@pytest.mark.parametrize(("off", "valid"), [(0.019, True), (0.021, False), (-0.021, False)])
def test_board_and_meter_must_agree_on_the_time(off: float, valid: bool) -> None:
    reading = analyse(
        gated([(500, 2500)], 3000), Expected(1, 1, window_s=(2.0 / (1 + off),)), QUICK
    )
    assert isinstance(reading, EnergySummary) is valid
    if isinstance(reading, Invalid):
        assert reading.reason is Reason.CLOCK_MISMATCH
        assert f"{off * 100:+.2f} %" in reading.detail


def test_a_firmware_that_ran_another_number_is_not_believed() -> None:
    reading = analyse(gated([(500, 2500)], 3000), Expected(1, 10, answered=(9,)), QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.WRONG_COUNT


FALLBACKS = [
    (Alignment.EVENT, {"edges": (Edge(1000, "d7"), Edge(3000, "d7"))}, {}, 1e-3, True),
    (Alignment.HARDWARE_START, {"triggered": True}, {"window_s": (1.0,)}, 1e-3, True),
    (Alignment.MARKER, {}, {"markers_s": ((1.0, 3.0),)}, 2e-3, True),
    (Alignment.HOST, {"started_s": 50.0}, {"host_s": ((51.0, 53.0),)}, 30e-3, False),
    (Alignment.STEP, {}, {}, 4e-3, False),
]


@pytest.mark.parametrize(("alignment", "has", "told", "error_s", "comparable"), FALLBACKS)
def test_each_way_to_find_a_window_says_its_error(
    alignment: Alignment,
    has: dict[str, object],
    told: dict[str, object],
    error_s: float,
    comparable: bool,
) -> None:
    current = np.full(4000, 2e-3)
    current[1000:3000] = 10e-3
    trace = trace_of(current, **has)
    found = summary(analyse(trace, Expected(1, 1, **told), QUICK))  # type: ignore[arg-type]
    assert found.alignment is alignment
    assert found.windows[0].window.edge_error_s == pytest.approx(error_s)
    assert found.for_regression is comparable
    if not comparable:
        assert f"windows by {alignment}" in found.warnings[-1]
    if alignment is not Alignment.HARDWARE_START:
        assert found.energy_j == pytest.approx(10e-3 * 3 * 2, rel=2e-3)


def test_pulses_give_windows_and_what_came_before_is_left_out() -> None:
    pins = np.ones(6000, np.uint8)
    for at in (100, 150, 1000, 3000):
        pins[at : at + 5] = 0
    trace = trace_of(np.full(6000, 5e-3), logic=pins)
    found = summary(analyse(trace, Expected(1, 1), QUICK, alignment=Alignment.PULSE))
    assert (found.windows[0].window.first, found.windows[0].window.end) == (1000, 3000)


def test_a_gate_that_is_wrong_is_not_passed_over_for_a_worse_way() -> None:
    trace = replace(trace_of(np.full(4000, 5e-3), logic=np.zeros(4000, np.uint8)), started_s=1.0)
    reading = analyse(trace, Expected(1, 1, host_s=((1.0, 3.0),)), QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.GATE_NO_RISE


def layered(borders: list[int], currents: list[float], inferences: int) -> Trace:
    """A window of inferences one after the other; the operator pin toggles at every border."""
    length = borders[-1]
    gate = np.zeros(length * inferences + 400, np.uint8)
    current = np.full(len(gate), 2e-3)
    toggles = []
    for n in range(inferences):
        start = 200 + n * length
        for a, b, amperes in zip(borders, borders[1:], currents, strict=False):
            current[start + a : start + b] = amperes
        toggles += [start + border for border in borders[:-1]] + [start + length - 1]
    gate[200 : 200 + length * inferences] = 1
    level = np.searchsorted(toggles, np.arange(len(gate)), side="right") & 1
    return trace_of(current, logic=(gate | level << 1).astype(np.uint8), rate_hz=100e3)


def whole(trace: Trace, inferences: int) -> WindowEnergy:
    reading = analyse(trace, Expected(1, inferences), replace(QUICK, least_window_s=0))
    return summary(reading).windows[0]


def test_operators_have_energies_that_add_up() -> None:
    trace = layered([0, 1000, 1500, 4000], [10e-3, 20e-3, 5e-3], 5)
    window = whole(trace, 5)
    found = operator_energies(trace, window, 3, QUICK, bit=1)
    assert not isinstance(found, Invalid)
    energies = [one.energy_j for one in found]
    assert energies[:2] == pytest.approx([10e-3 * 3 * 0.01, 20e-3 * 3 * 0.005], rel=1e-5)
    assert sum(energies) == pytest.approx(window.energy_per_inference_j, rel=1e-3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operators", "reason"), [(2, Reason.EXTRA_EDGES), (4, Reason.MISSING_EDGES)]
)
def test_operators_need_one_edge_more_than_there_are(operators: int, reason: Reason) -> None:
    trace = layered([0, 1000, 1500, 4000], [10e-3, 20e-3, 5e-3], 5)
    found = operator_energies(trace, whole(trace, 5), operators, QUICK, bit=1)
    assert isinstance(found, Invalid)
    assert found.reason is reason


def test_operators_that_do_not_add_up_have_no_energy() -> None:
    trace = layered([0, 1000, 1500, 4000], [10e-3, 20e-3, 5e-3], 5)
    window = replace(whole(trace, 5), energy_j=whole(trace, 5).energy_j * 1.05)
    found = operator_energies(trace, window, 3, QUICK, bit=1)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.CLOSURE


def test_an_operator_too_short_for_the_meter_has_no_energy_and_says_so() -> None:
    trace = layered([0, 1000, 1008, 4000], [10e-3, 20e-3, 5e-3], 5)
    found = operator_energies(trace, whole(trace, 5), 3, QUICK, bit=1)
    assert not isinstance(found, Invalid)
    short = found[1].energy_j
    assert isinstance(short, Invalid)
    assert short.reason is Reason.TOO_SLOW
    assert "80 us" in short.detail


def test_a_battery_by_hand() -> None:
    """The study's example: 1.431 mJ, 43.5 ms, 3 V, 5 uA, 220 mAh x 0.85, each second: 387 h."""
    base = summary(analyse(gated([(500, 2500)], 3000), Expected(1, 1), QUICK))
    kws = replace(base, charge_c=1.431e-3 / 3.0, time_s=43.5e-3)
    life = battery_life(kws, DutyCycle(period_s=1.0, sleep_a=5e-6, capacity_ah=0.22))
    assert life.mean_current_a == pytest.approx(0.4818e-3, rel=1e-3)
    assert life.hours == pytest.approx(387, rel=5e-3)
    assert any("220 mAh of which 85 % are usable" in line for line in life.assumptions)
    minute = battery_life(kws, DutyCycle(period_s=60.0, sleep_a=5e-6, capacity_ah=0.22))
    assert minute.hours / 24 == pytest.approx(600, rel=5e-3)


def test_a_battery_needs_time_for_an_inference() -> None:
    base = summary(analyse(gated([(500, 2500)], 3000), Expected(1, 1), QUICK))
    with pytest.raises(ConfigError, match=r"an inference takes 2000\.000 ms"):
        battery_life(base, DutyCycle(period_s=1.0, sleep_a=0.0, capacity_ah=0.2))


def test_limits_are_the_ones_of_the_study() -> None:
    limits = Limits()
    assert (limits.least_window_s, limits.wanted_window_s) == (1.0, 10.0)
    assert (limits.coverage, limits.clock, limits.floor_a) == (0.999, 0.02, 1e-3)
