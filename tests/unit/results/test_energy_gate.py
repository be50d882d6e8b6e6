"""Energies are judged where they may be, and believed beyond their own scatter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from builders.observations import board_record, metric, on_board
from builders.records import run_info

from harness.catalog.thresholds import read_thresholds
from harness.domain.measurement import Measurement
from harness.domain.observation import Observation
from harness.domain.thresholds import Thresholds
from harness.domain.units import Fidelity, Unit
from harness.domain.verdict import Judgement
from harness.results.baseline import read_baseline, write_baseline
from harness.results.comparability import observe
from harness.results.regression import confirmed, judge_case
from harness.results.significance import range_uncertainty

ENERGY = "energy_per_inference"
SHIPPED = read_thresholds()
LIMITS = Thresholds(tuple(one for one in SHIPPED.metrics if one.metric == ENERGY))
QUIET = [1.4307e-3, 1.4310e-3, 1.4305e-3, 1.4311e-3, 1.4307e-3]
LOUD = [1.40e-3, 1.43e-3, 1.46e-3, 1.45e-3, 1.41e-3]


def metered(joules: Sequence[float], quantity: str = ENERGY, **changes: Any) -> Observation:
    reading = Measurement(
        quantity=quantity,
        value=median(joules),
        unit=Unit.JOULES,
        n=len(joules),
        minimum=min(joules),
        maximum=max(joules),
        fidelity=Fidelity.SILICON,
        instrument="X-NUCLEO-LPM01A 0123",
        method="alignment event; 3 V",
    )
    return observe(board_record([1000], readings=(replace(reading, **changes),)), run_info())


def risen(values: Sequence[float], factor: float) -> list[float]:
    return [value * factor for value in values]


@pytest.mark.parametrize(
    ("factor", "judgement"),
    [
        (1.019, Judgement.SAME),
        (1.021, Judgement.REGRESSION),
        (0.979, Judgement.IMPROVEMENT),
        (0.981, Judgement.SAME),
    ],
)
def test_two_per_cent_count_where_the_windows_hardly_scatter(
    factor: float, judgement: Judgement
) -> None:
    verdict = judge_case(metered(QUIET), metered(risen(QUIET, factor)), LIMITS)
    assert verdict.judgement is judgement
    assert verdict.needs_confirmation == (judgement is not Judgement.SAME)


def test_a_rise_must_exceed_three_uncertainties_of_the_change() -> None:
    """Range 60 uJ of five: s = 60/2.326 = 25.8, u = 11.5, of the change 16.3, three of it 48.9."""
    rise = 48.9e-6 / median(LOUD)  # 3.4 %
    within = judge_case(metered(LOUD), metered(risen(LOUD, 1 + 0.97 * rise)), LIMITS)
    assert within.judgement is Judgement.SAME
    assert metric(within, ENERGY).reason == "within 3 standard uncertainties"
    beyond = judge_case(metered(LOUD), metered(risen(LOUD, 1 + 1.05 * rise)), LIMITS)
    assert beyond.judgement is Judgement.REGRESSION
    again = confirmed(beyond, beyond)
    assert metric(again, ENERGY).reason == "confirmed by an immediate re-run"


def test_the_windows_themselves_tell_the_uncertainty_where_they_are_kept() -> None:
    """s is 25.5 uJ, by the range 25.8: three uncertainties of the change are 49.2 uJ, or 49.8."""
    rise = 49.5e-6 / median(LOUD)
    before, after = metered(LOUD), metered(risen(LOUD, 1 + rise))
    assert metric(judge_case(before, after, LIMITS), ENERGY).judgement is Judgement.SAME
    before = replace(before, samples={ENERGY: LOUD})
    after = replace(after, samples={ENERGY: risen(LOUD, 1 + rise)})
    found = metric(judge_case(before, after, LIMITS), ENERGY)
    assert found.judgement is Judgement.REGRESSION


def test_the_range_tells_the_standard_deviation() -> None:
    values = np.random.default_rng(7).normal(100, 2, size=(4000, 5))
    found = np.mean([range_uncertainty(row.min(), row.max(), 5) for row in values])
    assert found == pytest.approx(2 / math.sqrt(5), rel=0.02)
    assert range_uncertainty(1, 9, 1) == 0
    assert range_uncertainty(0, 3.078, 40) == pytest.approx(1 / math.sqrt(40))


def test_few_windows_are_no_result() -> None:
    verdict = judge_case(metered(QUIET[:4]), metered(risen(QUIET, 1.5)), LIMITS)
    assert verdict.judgement is Judgement.NO_RESULT
    reason = "4 and 5 windows are too few for an uncertainty: 5 at least"
    assert metric(verdict, ENERGY).reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"method": "alignment step; 3 V"}, "windows found by step are not for comparison"),
        ({"method": "alignment host; 3 V"}, "windows found by host are not for comparison"),
        ({"method": "by hand"}, "windows found by an unknown way are not for comparison"),
        ({"fidelity": Fidelity.SIMULATED}, "energy of fidelity simulated is compared with nothing"),
    ],
)
def test_what_is_not_for_comparison_is_not_judged(changes: dict[str, Any], reason: str) -> None:
    later = metered(risen(QUIET, 2), **changes)
    for pair in ((metered(QUIET), later), (later, metered(QUIET))):
        verdict = judge_case(*pair, LIMITS)
        assert verdict.judgement is Judgement.SAME
        assert metric(verdict, ENERGY).judgement is Judgement.NEW
        assert reason in metric(verdict, ENERGY).reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instrument": "PPK2 9"}, "the meter was X-NUCLEO-LPM01A 0123 and is PPK2 9"),
        (
            {"method": "alignment event; 1.8 V"},
            "the way of measuring was alignment event; 3 V and is alignment event; 1.8 V",
        ),
    ],
)
def test_another_meter_or_voltage_gives_no_result(changes: dict[str, Any], reason: str) -> None:
    verdict = judge_case(metered(QUIET), metered(risen(QUIET, 1.1), **changes), LIMITS)
    assert verdict.judgement is Judgement.NO_RESULT
    assert metric(verdict, ENERGY).reason == f"not comparable: {reason}"


def test_a_simulated_energy_is_no_metric() -> None:
    name = f"{ENERGY}_sim"
    assert name not in metered(QUIET, quantity=name, fidelity=Fidelity.SIMULATED).metrics


def test_a_baseline_keeps_what_the_gate_asks_for(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_baseline(file, [metered(LOUD)])
    (kept,) = read_baseline(file)
    rise = 1 + 46e-6 / median(LOUD)
    found = metric(judge_case(kept, metered(risen(LOUD, rise)), LIMITS), ENERGY)
    assert found.reason == "within 3 standard uncertainties"
    moved = judge_case(kept, metered(risen(LOUD, 1.2)), LIMITS)
    assert moved.judgement is Judgement.REGRESSION


def test_a_bistable_energy_is_no_regression() -> None:
    first, second = metered(QUIET), metered(risen(QUIET, 1.05))
    by_turns = [1.4307e-3, 1.502e-3, 1.4307e-3, 1.503e-3, 1.4306e-3]
    history = {(first.key.case, ENERGY): by_turns}
    found = metric(judge_case(first, second, LIMITS, history=history), ENERGY)
    assert found.judgement is Judgement.SAME
    assert found.reason == "bistable: earlier runs show 0.0014307, 0.0015025 by turns"


def test_cycles_have_their_own_gate() -> None:
    verdict = judge_case(on_board([1000] * 4), on_board([2000] * 4), SHIPPED)
    assert "are too few for a significance" in metric(verdict, "cycles").reason
