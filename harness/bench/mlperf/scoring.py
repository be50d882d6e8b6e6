"""Quality of a session as MLPerf Tiny defines it: top-1, and the area under the ROC curve."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from harness.bench.mlperf.session import Answer
from harness.domain.mlperf import Benchmark, Metric

_MACHINE = re.compile(r"id_\d+")


@dataclass(frozen=True)
class Score:
    """Quality over `files` files, each a fraction of 1; None where it does not exist.

    `top1` counts files whose mean result is largest at the label; it has no meaning for one
    result per window. `auc` is pooled: one against the rest, mean over classes where there are
    several. `auc_by_machine` is that of the files of each machine id. `threshold` is what the
    runner writes in the place of top-1 for one result per window: see `best_threshold`.
    """

    files: int
    correct: int | None
    auc: float | None
    auc_by_machine: Mapping[str, float] = field(default_factory=dict)
    threshold: float | None = None

    @property
    def top1(self) -> float | None:
        """Fraction of files whose label won."""
        return None if self.correct is None else self.correct / self.files

    def quality(self, benchmark: Benchmark) -> float | None:
        """The number that `benchmark` is judged by."""
        return self.top1 if benchmark.metric is Metric.TOP1 else self.auc


def score(answers: Iterable[Answer]) -> Score:
    """Score a session; the windows of a file are averaged first.

    Results of several classes are divided by their sum, as the runner does.

    Source: mlcommons/tiny, benchmark/runner/main.py (`summarize_result`), and
    benchmark/training/anomaly_detection (mean square error per window, mean per file).
    """
    files: dict[str, tuple[int, list[NDArray[np.float64]]]] = {}
    for answer in answers:
        values = np.array(answer.inference.results, dtype=np.float64)
        truth = answer.step.truth
        if len(values) > 1 and values.sum() > 0:
            values /= values.sum()
        files.setdefault(truth.file, (truth.label, []))[1].append(values)
    labels = np.array([label for label, _ in files.values()])
    results = np.array([np.mean(windows, axis=0) for _, windows in files.values()])
    if results.shape[1] == 1:
        scores = results[:, 0]
        odd = labels == 1
        by_machine = _by_machine(files, scores, labels)
        return Score(len(files), None, auc(scores, odd), by_machine, best_threshold(scores, odd))
    return Score(len(files), int(np.sum(results.argmax(axis=1) == labels)), _macro(results, labels))


def auc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve: how often a positive scores above a negative, ties as half.

    None where one of the two kinds is missing.

    Source: Hanley and McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve", Radiology 143, 1982: the rank sum statistic of Wilcoxon.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    ranks = rankdata(scores)[positive].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def best_threshold(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The largest mean of precision and recall over 100 thresholds from the lowest score up.

    The runner's stand-in for top-1 where there are no classes to choose from; it judges nothing.

    Source: mlcommons/tiny, benchmark/runner/main.py (`calculate_accuracy`).
    """
    lowest, highest = scores.min(), scores.max()
    means = []
    for threshold in lowest + np.arange(100) / 100 * (highest - lowest):
        told = scores > threshold
        right = int(np.sum(told & positive))
        means.append((right / max(int(told.sum()), 1) + right / max(int(positive.sum()), 1)) / 2)
    return max(means)


def _macro(results: NDArray[np.float64], labels: NDArray[np.int64]) -> float | None:
    areas = [auc(results[:, kind], labels == kind) for kind in range(results.shape[1])]
    known = [area for area in areas if area is not None]
    return float(np.mean(known)) if len(known) == len(areas) else None


def _by_machine(
    names: Iterable[str], scores: NDArray[np.float64], labels: NDArray[np.int64]
) -> dict[str, float]:
    machines = [found[0] if (found := _MACHINE.search(name)) else "" for name in names]
    areas = {}
    for machine in sorted(set(machines) - {""}):
        those = np.array([one == machine for one in machines])
        if (area := auc(scores[those], labels[those] == 1)) is not None:
            areas[machine] = area
    return areas


def throughputs(answers: Sequence[Answer]) -> list[float]:
    """Inferences per second of each window, by the device's own laps; infinite windows are none."""
    return [
        1e6 * answer.inferences / answer.inference.elapsed_us
        for answer in answers
        if answer.inference.elapsed_us > 0
    ]
