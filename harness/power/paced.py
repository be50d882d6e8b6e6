"""Meters that are asked for each value, or send lines: their samples, put on an even time base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.domain.power import MeterCaps, MeterInfo, SampleBlock, SampleFlag, Trace
from harness.power.recording import join


class TimedSamples:
    """Collects (time, current, voltage, pins) in SI units and gives blocks on an even grid.

    A sample lands on the place nearest to its time; places without one are NaN. Of two samples on
    one place one counts. Times are the instrument's own, or the host's for one that has none.
    `started_s` is the time of the first.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self.started_s: float | None = None
        self._index = 0
        self._held: list[tuple[float, float, float, int]] = []

    def add(self, time_s: float, amperes: float, volts: float, pins: int = 0) -> None:
        """One sample."""
        if self.started_s is None:
            self.started_s = time_s
        self._held.append((time_s - self.started_s, amperes, volts, pins))

    def take(self, arrived_s: float) -> SampleBlock | None:
        """The samples since the last call; those on a place that was given before are left out."""
        if not self._held:
            return None
        table = np.array(self._held, np.float64)
        self._held.clear()
        places = np.round(table[:, 0] * self._rate_hz).astype(np.int64)
        table, places = table[places >= self._index], places[places >= self._index]
        if not len(places):
            return None
        count = int(places[-1]) + 1 - self._index
        current = np.full(count, np.nan, np.float32)
        volts = np.full(count, np.nan, np.float32)
        logic = np.zeros(count, np.uint8)
        at = places - self._index
        current[at], volts[at], logic[at] = table[:, 1], table[:, 2], table[:, 3].astype(np.uint8)
        block = SampleBlock(
            self._index,
            current,
            np.where(np.isnan(current), SampleFlag.LOST, np.uint8(0)),
            logic,
            volts,
            arrived_s=arrived_s,
        )
        self._index += count
        return block


def timed_trace(
    blocks: Sequence[SampleBlock],
    rate_hz: float,
    info: MeterInfo,
    caps: MeterCaps,
    *,
    pins: bool,
) -> Trace:
    """Put such blocks together; without `pins` the trace has no sampled inputs."""
    trace = join(
        blocks, rate_hz=rate_hz, info=info, caps=caps, voltage_v=float("nan"), check_time=False
    )
    return trace if pins else replace(trace, logic=None)
