"""Energies of operators that add up to the whole, and what a battery makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from builders.traces import gated, summary, trace_of
from devices.meters import QUICK
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.domain.energy import Alignment, OperatorEnergy, Window, WindowEnergy
from harness.domain.power import Invalid, Reason, Trace
from harness.errors import ConfigError
from harness.power.analysis.battery import DutyCycle, battery_life
from harness.power.analysis.integrate import integrate
from harness.power.analysis.limits import Expected, Limits
from harness.power.analysis.operators import operator_energies
from harness.power.analysis.summary import analyse

RATE_HZ = 100e3

PAUSE = 3  # samples between two inferences


def layered(
    borders: list[float],
    currents: list[float],
    inferences: int,
    unseen: Sequence[int] = (),
    glitch: int | None = None,
) -> Trace:
    """A window of inferences; the operator pin toggles at every border, given in samples.

    The toggles of these numbers do not reach the meter.
    """
    length = borders[-1] + PAUSE
    gate = np.zeros(round(length * inferences) + 400, np.uint8)
    current = np.full(len(gate), 2e-3)
    toggles = []
    for n in range(inferences):
        start = 200 + n * length
        for a, b, amperes in zip(borders, borders[1:], currents, strict=False):
            current[round(start + a) : round(start + b)] = amperes
        toggles += [start + border for border in borders]
    toggles = [at for number, at in enumerate(toggles) if number not in unseen]
    toggles += [] if glitch is None else [glitch, glitch + 1]
    gate[200 : round(200 + length * inferences)] = 1
    level = np.searchsorted(np.sort(toggles), np.arange(len(gate)), side="right") & 1
    return trace_of(current, logic=(gate | level << 1).astype(np.uint8), rate_hz=RATE_HZ)


def told(
    trace: Trace,
    borders: list[float],
    inferences: int,
    inference_j: float | None = None,
    clock: float = 1.0,
) -> list[OperatorEnergy] | Invalid:
    seconds = [clock * (b - a) / RATE_HZ for a, b in pairwise(borders)]
    window = whole(trace, inferences)
    return operator_energies(
        trace, window, seconds, QUICK, bit=1, inference_j=inference_j or joules_of(trace)
    )


def joules_of(trace: Trace) -> float:
    """Of an inference, without the idle current of the pauses and around."""
    active = trace.current_a[trace.current_a > 2.5e-3].astype(np.float64)
    inferences = np.count_nonzero(np.diff((trace.current_a > 2.5e-3).astype(np.int8)) == 1)
    return float(3 * active.sum() / RATE_HZ / inferences)


def whole(trace: Trace, inferences: int) -> WindowEnergy:
    reading = analyse(trace, Expected(1, inferences), replace(QUICK, least_window_s=0))
    return summary(reading).windows[0]


def test_operators_have_energies_that_add_up() -> None:
    borders = [0.0, 1000, 1500, 4000]
    trace = layered(borders, [10e-3, 20e-3, 5e-3], 5)
    found = told(trace, borders, 5)
    assert not isinstance(found, Invalid), found
    energies = [one.energy_j for one in found]
    expected = [10e-3 * 3 * 0.01, 20e-3 * 3 * 0.005, 5e-3 * 3 * 0.025]
    assert energies == pytest.approx(expected, rel=1e-5)
    assert [one.name(["A", "B", "C"]) for one in found] == ["0 A", "1 B", "2 C"]


SHORT_ONES = {
    "at the end": ([0, 1000, 3000, 3000.3, 3000.8], "1-3 B + C + D"),
    "at the end, odd": ([0, 1000, 3000.3, 3000.8, 3001.4, 3001.9], "1-4 B + C + D + E"),
    "in the middle": ([0, 1000, 1000.4, 3000], "0-2 A + B + C"),
    "first": ([0, 0.4, 1000, 3000], "0-1 A + B"),
    "short, and seen": ([0, 1000, 1008, 3000], "0-1 A + B"),
    "two that are short, and seen": ([0, 1000, 1006, 1013, 3000], "1-2 B + C"),
}


@pytest.mark.parametrize(("borders", "group"), SHORT_ONES.values(), ids=list(SHORT_ONES))
def test_operators_too_short_for_the_meter_are_told_together(
    borders: list[float], group: str
) -> None:
    """All of an inference is in one bar or another; 10 mA flow until sample 1000, then 5 mA."""
    currents = [10e-3 if border < 1000 else 5e-3 for border in borders[:-1]]
    trace = layered(borders, currents, 40)
    found = told(trace, borders, 40)
    assert not isinstance(found, Invalid), found
    names = [one.name("ABCDE") for one in found]
    assert group in names
    assert sum(one.count for one in found) == len(borders) - 1
    total = sum(one.energy_j for one in found)  # type: ignore[misc]
    assert total == pytest.approx(3 * (10e-3 * 1000 + 5e-3 * (borders[-1] - 1000)) / RATE_HZ, 2e-3)
    if len(found) > 1:
        assert found[0].energy_j == pytest.approx(3 * 10e-3 * 1000 / RATE_HZ, rel=1e-2)


def test_a_board_whose_clock_is_one_per_cent_fast_is_followed_from_edge_to_edge() -> None:
    borders = [0.0, 1000, 1500, 4000]
    trace = layered(borders, [10e-3, 20e-3, 5e-3], 5)
    found = told(trace, borders, 5, clock=0.99)
    assert not isinstance(found, Invalid), found
    assert [one.energy_j for one in found] == pytest.approx([300e-6, 300e-6, 375e-6], rel=1e-5)
    refused = told(trace, borders, 5, clock=0.97)
    assert isinstance(refused, Invalid)
    assert refused.reason is Reason.CLOCK_MISMATCH


def test_an_edge_that_does_not_come_leaves_no_energies() -> None:
    """The wire was loose for two toggles of the third inference, so that all others fit."""
    borders = [0.0, 1000, 1500, 4000]
    trace = layered(borders, [10e-3, 20e-3, 5e-3], 5, unseen=(9, 10))
    found = told(trace, borders, 5)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.MISSING_EDGES
    assert found.detail.startswith("18 edges of the operator pin, 20 are those of 3 operators in")


def test_an_edge_in_place_of_another_is_missed_where_it_should_be() -> None:
    borders = [0.0, 1000, 1500, 4000]
    trace = layered(borders, [10e-3, 20e-3, 5e-3], 5, unseen=(9, 10), glitch=500)
    found = told(trace, borders, 5)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.MISSING_EDGES
    assert "at border 1 of inference 2" in found.detail


def test_a_glitch_is_one_edge_too_many() -> None:
    borders = [0.0, 1000, 1500, 4000]
    found = told(layered(borders, [10e-3, 20e-3, 5e-3], 5, glitch=700), borders, 5)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.EXTRA_EDGES
    assert found.hint


def test_operators_that_do_not_add_up_have_no_energy() -> None:
    borders = [0.0, 1000, 1500, 4000]
    trace = layered(borders, [10e-3, 20e-3, 5e-3], 5)
    found = told(trace, borders, 5, inference_j=1.05 * joules_of(trace))
    assert isinstance(found, Invalid)
    assert found.reason is Reason.CLOSURE


def test_an_inference_of_less_than_ten_samples_has_no_energies_of_operators() -> None:
    borders = [0.0, 4, 9]
    found = told(layered(borders, [10e-3, 5e-3], 50), borders, 50)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.TOO_SLOW
    assert "an inference of 90 us is shorter than the 100 us" in found.detail


@settings(deadline=None)
@given(
    operators=st.lists(st.floats(0.05, 60), min_size=1, max_size=12),
    offset=st.floats(0, 1),
)
def test_whatever_the_operators_the_energies_add_up_and_none_is_left_out(
    operators: list[float], offset: float
) -> None:
    """Currents differ from operator to operator; each bar is that of its own ones."""
    borders = [0.0]
    for samples in operators:
        borders.append(borders[-1] + samples)
    assume(borders[-1] > 12)
    amperes = [4e-3 + 1e-3 * (n % 3) for n in range(len(operators))]
    length = borders[-1] + PAUSE + offset
    at = 200 + np.arange(60)[:, None] * length + np.array(borders)
    places = np.arange(round(200 + 60 * length) + 200)
    level = np.searchsorted(at.ravel(), places, side="right") & 1
    gate = (places >= 200) & (places < 200 + 60 * length)
    inside = (places[:, None] - 200) % length
    index = np.searchsorted(borders, inside.ravel(), side="right") - 1
    current = np.where(gate & (index < len(operators)), np.append(amperes, 2e-3)[index], 2e-3)
    trace = trace_of(current, logic=(gate | level << 1).astype(np.uint8), rate_hz=RATE_HZ)
    window = Window(200, int(np.flatnonzero(gate)[-1]) + 1, Alignment.GATE, 1e-5)
    energy = integrate(trace, window, 60, QUICK, short=True)
    assert not isinstance(energy, Invalid)
    seconds = [samples / RATE_HZ for samples in operators]
    known = [3 * a * s for a, s in zip(amperes, seconds, strict=True)]
    loose = replace(QUICK, closure=0.1)
    found = operator_energies(trace, energy, seconds, loose, bit=1, inference_j=sum(known))
    gaps = [(PAUSE + offset) / RATE_HZ, *seconds, (PAUSE + offset) / RATE_HZ]
    if all(min(pair) < 2 / RATE_HZ for pair in pairwise(gaps)):
        assert isinstance(found, Invalid)
        assert found.detail.startswith("each border of an operator is too near to another")
        return
    assert not isinstance(found, Invalid), found
    assert [one.index for one in found] == [0, *np.cumsum([one.count for one in found])[:-1]]
    for one in found:
        expected = sum(known[one.index : one.index + one.count])
        # A sample at each border, of 6 mA, is all that may be on the wrong side.
        assert one.energy_j == pytest.approx(expected, abs=3 * 6e-3 * 2.5 / RATE_HZ)


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
