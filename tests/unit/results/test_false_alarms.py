"""The same commit, measured over and over with the noise of real boards, gives no alarm."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from builders.observations import on_board, seen
from builders.records import accuracy, counted, readings

from harness.catalog.thresholds import read_thresholds
from harness.domain.verdict import Judgement, exit_code
from harness.results.regression import confirmed, judge_case, judge_runs

SHIPPED = read_thresholds()
REPETITIONS = 20
CYCLES = 7_600_000.0
Noise = Callable[[np.random.Generator], Sequence[float]]


def quiet(random: np.random.Generator) -> Sequence[float]:
    """A board without caches: a few cycles of bus arbitration."""
    return [CYCLES + int(random.integers(0, 30)) for _ in range(20)]


def jitter(random: np.random.Generator) -> Sequence[float]:
    """Caches and data-dependent branches: a coefficient of variation of 0.2 %."""
    return list(CYCLES * random.normal(1, 0.002, 20))


def interrupted(random: np.random.Generator) -> Sequence[float]:
    """One window in ten is hit by an interrupt of up to some percent."""
    hit = random.random(20) < 0.1
    return list(CYCLES * (1 + hit * random.lognormal(-3, 1, 20)))


def warming(random: np.random.Generator) -> Sequence[float]:
    """Runs that differ as a whole by up to 0.5 %, as an RC oscillator's clock does."""
    return list(CYCLES * (1 + random.uniform(-0.0025, 0.0025)) * random.normal(1, 0.0005, 20))


def few_windows(random: np.random.Generator) -> Sequence[float]:
    """Five windows that repeat to 0.17 %, the worst of published energies."""
    return list(CYCLES * random.normal(1, 0.0017, 5))


@pytest.mark.parametrize("noise", [quiet, jitter, interrupted, warming, few_windows])
@pytest.mark.parametrize("seed", range(5))
def test_noise_raises_no_alarm(noise: Noise, seed: int) -> None:
    random = np.random.default_rng(seed)
    first = on_board(noise(random))
    for _ in range(REPETITIONS):
        verdict = judge_case(first, on_board(noise(random), later=True), SHIPPED)
        assert verdict.judgement is Judgement.SAME, verdict


@pytest.mark.parametrize("noise", [quiet, jitter, interrupted, warming, few_windows])
@pytest.mark.parametrize("seed", range(5))
def test_a_slowdown_of_four_percent_is_found_in_the_same_noise(noise: Noise, seed: int) -> None:
    random = np.random.default_rng(seed)
    first = on_board(noise(random))
    verdicts = []
    for _ in range(2):
        slow = [1.04 * value for value in noise(random)]
        verdicts.append(judge_case(first, on_board(slow, later=True), SHIPPED))
    assert confirmed(*verdicts).judgement is Judgement.REGRESSION


@pytest.mark.parametrize("seed", range(5))
def test_two_levels_by_chance_raise_no_alarm_once_they_are_known(seed: int) -> None:
    """A cache that starts warm or cold: 3 % between the levels, each run takes one of them."""
    random = np.random.default_rng(seed)
    levels = [CYCLES, 1.03 * CYCLES]
    history = [levels[n % 2] * random.normal(1, 0.0005) for n in range(6)]
    first = on_board([levels[0] + n for n in range(20)])
    for _ in range(REPETITIONS):
        level = levels[int(random.integers(0, 2))]
        now = on_board(list(level * random.normal(1, 0.0005, 20)), later=True)
        earlier = {(first.key.case, "cycles"): history}
        verdict = judge_case(first, now, SHIPPED, history=earlier)
        assert verdict.judgement is Judgement.SAME, verdict
        history.append(level)


def test_deterministic_numbers_repeat_exactly() -> None:
    """Simulated counts have no noise: every repetition is the same observation."""
    first = [seen(n * 7_919, model=f"net-{n}") for n in range(1, 50)]
    for _ in range(REPETITIONS):
        again = [
            seen(
                readings=readings(counted(n * 7_919), accuracy(0.901)),
                model=f"net-{n}",
                later=True,
            )
            for n in range(1, 50)
        ]
        verdicts = judge_runs(first, again, SHIPPED)
        assert {one.judgement for one in verdicts} == {Judgement.SAME}
        assert exit_code(verdicts) == 0
