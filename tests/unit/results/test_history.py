"""Steps and levels in the history of a metric."""

from __future__ import annotations

import numpy as np
import pytest
import ruptures
from hypothesis import given
from hypothesis import strategies as st

from harness.results.history import Step, _SquaredError, change_points, level_near, levels


def test_a_constant_history_has_no_steps() -> None:
    assert change_points([]) == change_points([5.0]) == change_points([5.0] * 40) == ()


def test_an_exact_history_steps_where_it_steps() -> None:
    values = [100.0] * 5 + [101.0] * 4 + [90.0] * 3
    assert change_points(values) == (Step(5, 100.0, 101.0), Step(9, 101.0, 90.0))
    assert change_points(values)[0].change == pytest.approx(0.01)


def test_a_step_in_the_last_run_is_seen() -> None:
    assert change_points([100.0] * 10 + [110.0]) == (Step(10, 100.0, 110.0),)


def test_small_steps_are_left_out() -> None:
    values = [1000.0] * 8 + [1003.0] * 8 + [1100.0] * 8
    assert [step.index for step in change_points(values, least=0.005)] == [16]


@pytest.mark.parametrize("seed", range(10))
def test_a_step_of_two_percent_is_found_in_noise_of_a_fifth_of_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = [*random.normal(1000, 4, 30), *random.normal(1020, 4, 30)]
    (step,) = change_points(values, least=0.01)
    assert abs(step.index - 30) <= 2
    assert step.change == pytest.approx(0.02, abs=0.005)


@pytest.mark.parametrize("seed", range(10))
def test_noise_alone_has_no_steps_beyond_the_limit(seed: int) -> None:
    values = np.random.default_rng(seed).normal(1000, 4, 60)
    assert change_points(list(values), least=0.02) == ()


def test_two_levels_by_turns_are_bistable() -> None:
    assert levels([100, 103, 100, 100.1, 103, 100], 0.01) == (100, 103)


@pytest.mark.parametrize(
    "values",
    [
        [100.0] * 6,
        [100, 100, 103, 103, 103],  # a step
        [100, 100, 103, 103, 100, 100],  # a step that was taken back
        [100, 103, 106, 100, 103, 106],  # three levels
        [],
    ],
)
def test_what_is_not_bistable(values: list[float]) -> None:
    assert levels(values, 0.01) == ()


def test_the_level_near_a_value() -> None:
    assert level_near((100, 103), 102.9, 0.01) == 103
    assert level_near((100, 103), 110, 0.01) is None


@given(st.lists(st.floats(0, 1e12), max_size=40))
def test_any_history_can_be_looked_at(values: list[float]) -> None:
    steps = change_points(values, least=0.01)
    assert [step.index for step in steps] == sorted({step.index for step in steps})
    assert all(0 < step.index < len(values) for step in steps)
    assert len(levels(values, 0.01)) in (0, 2)


@pytest.mark.parametrize("seed", range(20))
def test_steps_are_those_of_ruptures_own_cost(seed: int) -> None:
    random = np.random.default_rng(seed)
    levels = np.repeat(random.normal(1e6, 5e4, 4), 12)
    signal = levels + random.normal(0, 10 ** random.uniform(0, 4), levels.size)
    own, theirs = (
        ruptures.Pelt(min_size=1, jump=1, **cost).fit(signal).predict(pen=1e9)
        for cost in ({"custom_cost": _SquaredError()}, {"model": "l2"})
    )
    assert own == theirs
