"""Tells another process of the edges of two outputs, in the words of the boards without pins."""

from __future__ import annotations

import contextlib
import os

from harness.machine._board_pins import Told
from harness.machine._pin_listener import MARK, RECORD
from harness.machine.virtual_h743.time_base import TimeBase

# A record has 32 bits of time: 143 s of them at 480 MHz, and not 9.
_TICKS = 16


class PinTeller:
    """Writes records to `end`: edges as they happen, and when the core first sleeps after one.

    `pins` are the gate and, where there is one, the operator pin, as "PD12".
    """

    def __init__(self, end: int, pins: list[str], time: TimeBase, clock_hz: int) -> None:
        self._end = end
        self._pins = dict(zip(pins, (Told.GATE_LOW, Told.OPERATOR_LOW), strict=False))
        self._time = time
        self._hz = clock_hz // _TICKS
        self._moved = False

    def note(self, port: str, pin: int, level: bool, at: int) -> None:
        """An output has changed its level."""
        low = self._pins.get(f"P{port}{pin}")
        if low is not None:
            self._moved = True
            self._tell(Told(low + level), at)

    def asleep(self) -> None:
        """The core sleeps."""
        if self._moved:
            self._moved = False
            self._tell(Told.ASLEEP, self._time.now())

    def started(self) -> None:
        """The chip was reset."""
        self._tell(Told.STARTED, self._time.now())

    def _tell(self, what: Told, at: int) -> None:
        # A listener that is gone ends this process, too.
        with contextlib.suppress(OSError):
            os.write(self._end, RECORD.pack(MARK | what, at // _TICKS & 0xFFFF_FFFF, self._hz))
