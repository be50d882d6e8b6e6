"""MLPerf Tiny's benchmarks, the inputs they send, and what a device answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What a session measures."""

    PERFORMANCE = "performance"
    ACCURACY = "accuracy"
    ENERGY = "energy"


class Metric(StrEnum):
    """What a benchmark's quality is told in."""

    TOP1 = "top-1"
    AUC = "AUC"


@dataclass(frozen=True)
class Benchmark:
    """One benchmark of MLPerf Tiny.

    `input_bytes` go to the device per inference, `element_bytes` for each element of the model's
    input. A performance session has five windows of
    `inferences` after `warmup` unmeasured ones; `target` is the closed division's quality, a
    fraction of 1, told in `metric`.

    Source: mlcommons/tiny, benchmark/runner (tests_performance.yaml, tests_accuracy.yaml) and
    the MLPerf Tiny rules, section "Benchmarks".
    """

    id: str
    title: str
    input_bytes: int
    inferences: int
    warmup: int
    metric: Metric
    target: float
    element_bytes: int = 1

    @property
    def elements(self) -> int:
        """Elements of the model's input."""
        return self.input_bytes // self.element_bytes


BENCHMARKS = {
    known.id: known
    for known in (
        Benchmark("kws01", "keyword spotting", 490, 70, 10, Metric.TOP1, 0.90),
        Benchmark("ic01", "image classification", 3072, 20, 5, Metric.TOP1, 0.85),
        Benchmark("vww01", "visual wake words", 27648, 20, 5, Metric.TOP1, 0.80),
        Benchmark("ad01", "anomaly detection", 2560, 1500, 10, Metric.AUC, 0.85, 4),
    )
}
WINDOWS = 5
"""Windows of a performance session."""
SHORTEST_WINDOW_S = 10.0
"""Seconds a performance window lasts at least, for a submission."""


@dataclass(frozen=True)
class Truth:
    """A line of y_labels.csv; `bytes_to_send` and `stride` where windows slide over the file."""

    file: str
    classes: int
    label: int
    bytes_to_send: int | None = None
    stride: int | None = None


@dataclass(frozen=True)
class Sample:
    """One file of a benchmark as the windows that are sent, one inference each."""

    truth: Truth
    windows: tuple[bytes, ...]


@dataclass(frozen=True)
class DeviceNames:
    """What a device says it is: `name%` and `profile%`."""

    name: str
    profile: str
    model: str

    @property
    def simulated(self) -> bool:
        """Whether the device says that its times are not those of silicon."""
        return "simulated" in self.name.lower()


@dataclass(frozen=True)
class Inference:
    """The answer to `infer`: `results` of the last inference, laps in microseconds."""

    results: tuple[float, ...]
    lap_start_us: int
    lap_end_us: int

    @property
    def elapsed_us(self) -> int:
        """Microseconds between the laps."""
        return self.lap_end_us - self.lap_start_us
