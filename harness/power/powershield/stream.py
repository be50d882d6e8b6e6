"""What both streams of the PowerShield family share: time stamps tell how many samples are lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.domain.power import Edge, Invalid, Reason, SampleBlock, SampleFlag

BUFFER_WARNING = 80
MOST_RESYNCS = 3
STAMP_EVERY = 1000
OVERCURRENT = Invalid(
    Reason.OVERCURRENT,
    "the meter switched off: too much current for its dynamic range",
    "Use the static mode, a lower clock, or a meter with a wider range.",
)


class SampleCollector:
    """Collects samples, edges and time stamps; fills what a time stamp shows to be missing."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._index = 0
        self._count = 0
        self._current: list[NDArray[np.float32]] = []
        self._edges: list[Edge] = []
        self._recent: list[Edge] = []
        self._faults: list[Invalid] = []
        self._warnings: list[str] = []
        self._last_ms: int | None = None
        self._since_stamp = 0
        self._event_number: int | None = None
        self.resyncs = 0

    @property
    def since_stamp(self) -> int:
        """Samples since the last time stamp."""
        return self._since_stamp

    def add(self, current: NDArray[np.float32]) -> None:
        """Samples in amperes [n], NaN where one was read and means nothing."""
        self._current.append(current)
        self._count += len(current)
        self._since_stamp += len(current)

    def expected_at(self, ms: int) -> int:
        """How many samples belong between the last time stamp and one at `ms`."""
        if self._last_ms is None:
            return self._since_stamp
        elapsed = ((ms - self._last_ms) & 0x7FFFFFFF) * self._rate_hz / 1000
        return max(1, round(elapsed / STAMP_EVERY)) * STAMP_EVERY

    def stamp(self, ms: int, buffer_percent: int) -> None:
        """A time stamp; one comes with every thousandth sample, so the missing can be counted."""
        missing = self.expected_at(ms) - self._since_stamp
        late_by = 0
        if missing > 0:
            late_by = missing
            self.add(np.full(missing, np.nan, np.float32))
        # Where between the two time stamps they were lost nobody knows.
        self._edges += [replace(edge, late_by=late_by) for edge in self._recent]
        self._recent.clear()
        if buffer_percent > BUFFER_WARNING:
            self._warnings.append(
                f"the meter's buffer was over {BUFFER_WARNING} % full: it is read too slowly"
            )
        self._last_ms = ms
        self._since_stamp = 0

    def event(self, number: int, channel: str) -> None:
        """An edge before the next sample; its running number must follow on the last one's."""
        if self._event_number is not None and number not in {
            self._event_number + 1,
            (self._event_number + 1) % 100,
        }:
            self._faults.append(
                Invalid(
                    Reason.MISSING_EDGES,
                    f"edge {number} came after edge {self._event_number}: one was lost",
                    "Measure again; make the pulses longer than two samples.",
                )
            )
        self._event_number = number
        self._recent.append(Edge(self._index + self._count, channel, None, number))

    def overcurrent(self) -> None:
        """The instrument protected itself; nothing after this is a measurement."""
        self._faults.append(OVERCURRENT)

    def fault(self, fault: Invalid) -> None:
        """Something that makes every window of the recording invalid."""
        self._faults.append(fault)

    def resync(self) -> None:
        """Bytes were lost or damaged: fine now and then, not often."""
        self.resyncs += 1
        if self.resyncs == MOST_RESYNCS + 1:
            self._faults.append(
                Invalid(
                    Reason.DESYNC,
                    f"the stream lost its framing {self.resyncs} times, more than {MOST_RESYNCS}",
                    "Connect the meter without a hub, and with another cable.",
                )
            )

    def take(self, *, last: bool = False) -> SampleBlock | None:
        """The block collected since the last call, None when there is nothing in it.

        Edges are held back until the next time stamp, unless these are the `last` samples.
        """
        if last:
            self._edges += self._recent
            self._recent.clear()
        if not (self._current or self._edges or self._faults or self._warnings):
            return None
        current = np.concatenate(self._current) if self._current else np.empty(0, np.float32)
        flags = np.where(np.isnan(current), SampleFlag.LOST, np.uint8(0))
        block = SampleBlock(
            self._index,
            current,
            flags,
            edges=tuple(self._edges),
            faults=tuple(self._faults),
            warnings=tuple(self._warnings),
        )
        self._index += len(current)
        self._count = 0
        for kept in (self._current, self._edges, self._faults, self._warnings):
            kept.clear()
        return block
