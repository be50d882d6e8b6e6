"""Traces made by hand: a current, a gate, and nothing that came over a wire."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.domain.energy import EnergySummary
from harness.domain.power import Accuracy, MeterInfo, Trace


def trace_of(current: np.ndarray, rate_hz: float = 1e3, **more: object) -> Trace:
    made = Trace(
        rate_hz=rate_hz,
        current_a=current.astype(np.float32),
        voltage_v=3.0,
        flags=np.zeros(len(current), np.uint8),
        info=MeterInfo("test", "test"),
        accuracy=Accuracy(0.02, 0.01, 50e-6, 1e-7, "by hand"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def gated(windows: list[tuple[int, int]], total: int, active: float = 10e-3) -> Trace:
    gate = np.zeros(total, np.uint8)
    for first, end in windows:
        gate[first:end] = 1
    return trace_of(np.where(gate, active, 2e-3), logic=gate)


def summary(reading: object) -> EnergySummary:
    assert isinstance(reading, EnergySummary), str(reading)
    return reading
