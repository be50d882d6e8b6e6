"""Scores against values counted by hand, and against the rank definition of the ROC area."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.mlperf import Answer, score
from harness.bench.mlperf.scoring import auc, best_threshold, throughputs
from harness.bench.mlperf.session import Step
from harness.domain.mlperf import BENCHMARKS, Inference, Truth


def answer(file: str, label: int, *results: float, classes: int = 2, us: int = 1) -> Answer:
    step = Step(Truth(file, classes, label), 0, 1, b"")
    return Answer(step, Inference(results, 0, us), 1, 0, 1)


def test_top1_counts_files_by_their_mean() -> None:
    found = score(
        [
            answer("a", 0, 0.9, 0.1),
            answer("b", 1, 0.8, 0.2),  # wrong alone, right with its second window
            answer("b", 1, 0.1, 0.9),
            answer("c", 1, 0.6, 0.4),
        ]
    )
    assert (found.files, found.correct, found.top1) == (3, 2, pytest.approx(2 / 3))
    assert found.quality(BENCHMARKS["kws01"]) == pytest.approx(2 / 3)


def test_several_results_are_divided_by_their_sum_first() -> None:
    # (8, 2) and (0, 1) are (0.8, 0.2) and (0, 1): the mean is (0.4, 0.6).
    found = score([answer("a", 1, 8, 2), answer("a", 1, 0, 1)])
    assert found.correct == 1


def test_anomalies_are_scored_by_area_pooled_and_per_machine() -> None:
    found = score(
        [
            answer("normal_id_01_0.bin", 0, 1.0),
            answer("anomaly_id_01_0.bin", 1, 3.0),
            answer("normal_id_02_0.bin", 0, 4.0),
            answer("normal_id_02_1.bin", 0, 2.0),
            answer("anomaly_id_02_0.bin", 1, 2.0),
            answer("anomaly_id_02_0.bin", 1, 4.0),
        ]
    )
    # Pooled: anomalies 3 and 3 (mean of 2 and 4) against normal 1, 4, 2: 4 of 6 pairs.
    assert found.auc == pytest.approx(4 / 6)
    # Machine 01: 3 > 1. Machine 02: 3 against 4 and 2.
    assert found.auc_by_machine == {"id_01": 1.0, "id_02": 0.5}
    assert found.top1 is None
    assert found.quality(BENCHMARKS["ad01"]) == found.auc
    # Above 2 are both anomalies and one of three normal files: precision 2/3, recall 1.
    assert found.threshold == pytest.approx((2 / 3 + 1) / 2)


def test_no_threshold_where_all_scores_are_the_same() -> None:
    assert best_threshold(np.array([2.0, 2.0]), np.array([True, False])) == 0


def test_a_class_without_files_has_no_area() -> None:
    assert auc(np.array([1.0, 2.0]), np.array([True, True])) is None
    assert score([answer("a", 0, 0.9, 0.1)]).auc is None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_the_area_is_the_share_of_pairs_in_order(drawn: list[tuple[int, bool]]) -> None:
    positive = [value for value, is_positive in drawn if is_positive]
    negative = [value for value, is_positive in drawn if not is_positive]
    found = auc(
        np.array([float(value) for value, _ in drawn]), np.array([kind for _, kind in drawn])
    )
    if not positive or not negative:
        assert found is None
        return
    pairs = [(p > n) + 0.5 * (p == n) for p, n in itertools.product(positive, negative)]
    assert found == pytest.approx(sum(pairs) / len(pairs))


def test_a_window_without_time_has_no_throughput() -> None:
    assert throughputs([answer("a", 0, 1.0, us=0), answer("a", 0, 1.0, us=250_000)]) == [4.0]
