"""Energies against what a pencil gives: known waveforms, lost samples, operators, batteries."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from builders.traces import gated, summary, trace_of
from devices.meters import FAST, QUICK, recorded

from harness.domain.energy import Baseline
from harness.domain.power import CaptureConfig, Sync
from harness.power.analysis.limits import Expected
from harness.power.analysis.summary import analyse, baseline_of
from harness.power.analysis.uncertainty import combined
from harness.power.meters.virtual import VirtualMeter
from harness.power.recording import Recorder, opened
from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import FollowedGate, GatedLoad

TEN = GatedLoad([(0.25, 10.25)], ripple_a=2e-3, ripple_hz=937.0)
TEN_J = 10e-3 * 3.0 * 10.0


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
    meter = VirtualMeter("ppk2", FAST, board)
    with opened(meter):
        meter.set_voltage(3.0)
        meter.set_output(True)
        with Recorder(meter, CaptureConfig()) as recorder:
            board.edge(0.2)
            board.edge(0.7)
            board.advance(1.0)
    trace = recorder.trace
    assert len(trace) == 100_000
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
