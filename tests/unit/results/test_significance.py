"""Tests of difference against published and hand-counted values."""

from __future__ import annotations

from math import comb

import pytest
from builders.observations import on_board, seen
from builders.records import accuracy, counted, readings

from harness.results.significance import mean_uncertainty, shift
from harness.results.telling_apart import share_difference, told_apart


def test_two_samples_that_do_not_mix() -> None:
    """Of the 252 ways to split ten ranks in two fives, two are as extreme."""
    found = shift([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    assert found.p_value == pytest.approx(2 / 252)
    assert found.attainable == pytest.approx(2 / comb(10, 5))
    assert found.effect == 1.0
    assert shift([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]).effect == 0.0


def test_the_effect_is_the_share_of_pairs_that_grew() -> None:
    """Of four pairs, 3 > 1 and 3 > 2 grew, 2 = 2 is half, 2 > 1 grew."""
    assert shift([1, 2], [2, 3]).effect == pytest.approx(3.5 / 4)


def test_equal_values_show_no_shift() -> None:
    found = shift([7.0] * 9, [7.0] * 9)
    assert (found.p_value, found.effect) == (1.0, 0.5)


def test_nothing_cannot_be_tested() -> None:
    with pytest.raises(ValueError, match="a sample without values"):
        shift([], [1.0])


def test_the_uncertainty_of_a_mean() -> None:
    assert mean_uncertainty([2, 4, 4, 4, 5, 5, 7, 9]) == pytest.approx((32 / 7 / 8) ** 0.5)
    assert mean_uncertainty([3.0]) == 0.0


@pytest.mark.parametrize(
    ("first", "second", "interval"),
    [  # Newcombe 1998, table II, method 10: (a) 56/70 - 48/80, (b) 9/10 - 3/10, (g) 10/10 - 0/20
        ((48 / 80, 80), (56 / 70, 70), (0.0524, 0.3339)),
        ((3 / 10, 10), (9 / 10, 10), (0.1705, 0.8090)),
        ((0 / 20, 20), (10 / 10, 10), (0.6791, 1.0000)),
    ],
)
def test_the_difference_of_shares_is_that_of_the_paper(
    first: tuple[float, int], second: tuple[float, int], interval: tuple[float, float]
) -> None:
    assert share_difference(first, second) == pytest.approx(interval, abs=5e-5)


def test_accuracies_differ_only_beyond_their_uncertainty() -> None:
    def with_accuracy(share: float, n: int) -> object:
        return seen(readings=readings(accuracy(share, n)))

    assert not told_apart("accuracy", with_accuracy(0.90, 100), with_accuracy(0.92, 100))
    assert told_apart("accuracy", with_accuracy(0.90, 10_000), with_accuracy(0.92, 10_000))


def test_counts_of_a_simulator_are_exact_to_a_tick() -> None:
    assert not told_apart("instructions", seen(10_000), seen(10_040))
    assert told_apart("instructions", seen(10_000), seen(10_080))


def test_sizes_are_exact() -> None:
    assert told_apart("flash", seen(), seen(firmware_flash_bytes=24_577))
    assert not told_apart("flash", seen(), seen())


def test_cycles_differ_by_their_single_values_or_else_by_their_ranges() -> None:
    first, second = [1000 + n for n in range(20)], [1008 + n for n in range(20)]
    assert told_apart("cycles", on_board(first), on_board(second))
    assert not told_apart("cycles", on_board(first, kept=False), on_board(second, kept=False))
    far = [2 * value for value in first]
    assert told_apart("cycles", on_board(first, kept=False), on_board(far, kept=False))


def test_what_has_no_number_is_not_told_apart() -> None:
    assert not told_apart("accuracy", seen(), seen(readings=(counted(1),)))
