"""A board's clock of 32 bits, told window by window, as seconds that do not wrap."""

from __future__ import annotations

from harness.domain.gate import ClockReading

WRAP = 1 << 32


class DeviceClock:
    """Follows the clock from reading to reading.

    How often it wrapped in between tells the time that passed on the host: of all counts that look
    like the reading, the one nearest to what is expected is taken. That is right while the host is
    wrong by less than half a wrap, which at 1 MHz is 36 minutes.
    """

    def __init__(self) -> None:
        self._last: tuple[int, float] | None = None

    def span(self, reading: ClockReading, host_s: tuple[float, float]) -> tuple[float, float]:
        """Seconds at the edges of a window that was asked for and answered at `host_s`."""
        began = self._count(reading.began, reading.hz, host_s[0])
        ended = self._count(reading.ended, reading.hz, host_s[1])
        return began / reading.hz, ended / reading.hz

    def _count(self, ticks: int, hz: int, at_s: float) -> int:
        if self._last is not None:
            count, then_s = self._last
            expected = count + round((at_s - then_s) * hz)
            ticks = expected + (ticks - expected + WRAP // 2) % WRAP - WRAP // 2
        self._last = ticks, at_s
        return ticks
