"""Energies of operators that add up to the whole, and what a battery makes of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders.traces import gated, summary, trace_of
from devices.meters import QUICK

from harness.domain.energy import WindowEnergy
from harness.domain.power import Invalid, Reason, Trace
from harness.errors import ConfigError
from harness.power.analysis.battery import DutyCycle, battery_life
from harness.power.analysis.limits import Expected, Limits
from harness.power.analysis.operators import operator_energies
from harness.power.analysis.summary import analyse


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
