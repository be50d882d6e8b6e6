"""An ammeter that sees no pin: it samples a board's current in real time, on a clock of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.domain.power import Accuracy, CaptureConfig, MeterCaps, MeterInfo, SampleBlock, Trace
from harness.power.recording import join

RATE_HZ = 1000.0
FAST = 8e-5
"""By how much more samples it really takes in a second; it promises 1e-4."""
BLOCK_S = 0.02
BEGINS_S = 0.003
"""From the command to the first sample."""


@dataclass
class BlindMeter:
    """Of a board that writes the times of its gate's edges, in nanoseconds, to a file of lines.

    What a sample was is looked up when the recording ends, so that a busy host loses none.
    """

    edges: Path
    active_a: float
    idle_a: float
    volts: float

    info = MeterInfo("blind", "BLIND")
    caps = MeterCaps(
        voltage_range_v=None,
        max_current_a=1.0,
        rates_hz=(RATE_HZ,),
        logic_channels=0,
        events=False,
        measures_voltage=False,
        accuracy=Accuracy(0.001, 0.001, 1e-4, 0.0, "made up"),
    )

    def open(self) -> None:
        self._taken = 0
        self._running = False

    def close(self) -> None:
        self._running = False

    def set_voltage(self, volts: float) -> None:
        raise AssertionError("it feeds nothing")

    def set_output(self, on: bool) -> None:
        """It has none."""

    def start(self, config: CaptureConfig) -> None:
        self._began_s = time.monotonic() + BEGINS_S
        self._taken = 0
        self._running = True

    def sample_at(self, times: np.ndarray) -> np.ndarray:
        """Which samples of the recording it was taking then, with fractions."""
        return (times - self._began_s) * RATE_HZ * (1 + FAST)

    def read(self, timeout_s: float) -> SampleBlock | None:
        if not self._running:
            return None
        time.sleep(min(timeout_s, BLOCK_S))
        now = time.monotonic()
        count = int(self.sample_at(np.array(now))) - self._taken
        if count <= 0:
            return None
        block = SampleBlock(
            self._taken, np.zeros(count, np.float32), np.zeros(count, np.uint8), arrived_s=now
        )
        self._taken += count
        return block

    def stop(self) -> None:
        self._running = False

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        edges = np.array([int(line) for line in self.edges.read_text().splitlines()]) / 1e9
        found = []
        for block in blocks:
            # A sample is of the middle of its time; behind every other edge the gate is high.
            numbers = block.index + np.arange(len(block.current_a)) + 0.5
            at = self._began_s + numbers / (RATE_HZ * (1 + FAST))
            high = np.searchsorted(edges, at) % 2 == 1
            current = np.where(high, self.active_a, self.idle_a).astype(np.float32)
            found.append(replace(block, current_a=current))
        return join(found, rate_hz=RATE_HZ, info=self.info, caps=self.caps, voltage_v=self.volts)
