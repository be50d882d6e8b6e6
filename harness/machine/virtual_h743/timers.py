"""SysTick and the general-purpose timers TIM2 and TIM5, which count in the chip's own time.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), B3.3 (SysTick); RM0433, 41 (TIM2, TIM5).
"""

from __future__ import annotations

from collections.abc import Callable

from harness.machine.virtual_h743.registers import WORD, Registers
from harness.machine.virtual_h743.time_base import TimeBase

SYST_CSR, SYST_RVR, SYST_CVR, SYST_CALIB = 0x10, 0x14, 0x18, 0x1C
_ENABLE, _TICKINT, _CLKSOURCE, _COUNTFLAG = 1, 2, 4, 1 << 16
_RELOAD = 0xFF_FFFF
_EXTERNAL_DIVIDER = 8


class SysTick:
    """The system timer; `on_change` hears that the next interrupt may come at another time."""

    def __init__(self, time: TimeBase, on_change: Callable[[], None]) -> None:
        self._time = time
        self._on_change = on_change
        self.reset()

    def reset(self) -> None:
        """Stop."""
        self._control = 0
        self._reload = 0
        self._since = 0
        self._wraps_seen = 0
        self._wraps_fired = 0
        self._stopped_at = 0

    def read(self, offset: int) -> int:
        """Read one of its four registers."""
        if offset == SYST_CSR:
            counted = self._wraps() > self._wraps_seen
            self._wraps_seen = self._wraps()
            return self._control | (_COUNTFLAG if counted else 0)
        if offset == SYST_RVR:
            return self._reload
        return self._value() if offset == SYST_CVR else 0

    def write(self, offset: int, value: int) -> None:
        """Write a register; any value clears the current count."""
        if offset == SYST_CSR:
            was_on = self._control & _ENABLE
            value &= _ENABLE | _TICKINT | _CLKSOURCE
            if was_on and not value & _ENABLE:
                self._stopped_at = self._value()
            self._control = value
            if value & _ENABLE and not was_on:
                # Counting goes on from where it stood; from 0 the first tick loads RELOAD.
                ahead = self._stopped_at or self._reload + 1
                self._begin(self._time.now() - (self._reload + 1 - ahead) * self._divider())
        elif offset == SYST_RVR:
            self._reload = value & _RELOAD
        elif offset == SYST_CVR:
            self._stopped_at = 0
            self._begin(self._time.now())
        self._on_change()

    def due(self) -> bool:
        """Whether an interrupt has come since this was last asked."""
        wraps = self._wraps()
        fired = bool(self._control & _TICKINT) and wraps > self._wraps_fired
        self._wraps_fired = wraps
        return fired

    def next_interrupt(self) -> int | None:
        """When the next interrupt comes, in core clock ticks since power-on."""
        if self._control & (_ENABLE | _TICKINT) != _ENABLE | _TICKINT or not self._reload:
            return None
        return self._since + (self._wraps() + 1) * (self._reload + 1) * self._divider()

    def _begin(self, moment: int) -> None:
        self._since = moment
        self._wraps_seen = self._wraps_fired = 0

    def _divider(self) -> int:
        return 1 if self._control & _CLKSOURCE else _EXTERNAL_DIVIDER

    def _ticks(self) -> int:
        return (self._time.now() - self._since) // self._divider()

    def _wraps(self) -> int:
        if not self._control & _ENABLE or not self._reload:
            return 0
        return self._ticks() // (self._reload + 1)

    def _value(self) -> int:
        if not self._control & _ENABLE:
            return self._stopped_at
        passed = self._ticks() % (self._reload + 1)
        return self._reload + 1 - passed if passed else 0


_CR1, _EGR, _CNT, _PSC, _ARR = 0x00, 0x14, 0x24, 0x28, 0x2C


class CountingTimer(Registers):
    """TIM2 or TIM5 as a plain up-counter.

    `ticks_per_count` are core clock ticks of the timer's clock. Without its bus clock (`has_clock`)
    it reads 0 and takes nothing.
    """

    def __init__(
        self, time: TimeBase, ticks_per_count: Callable[[], int], has_clock: Callable[[], bool]
    ) -> None:
        super().__init__({_ARR: WORD})
        self._time = time
        self._ticks_per_count = ticks_per_count
        self._has_clock = has_clock
        self._from = 0
        self._prescaler = 0

    def read(self, offset: int) -> int:
        """Read a register."""
        if not self._has_clock():
            return 0
        return self._count() if offset == _CNT else super().read(offset)

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write a register; an update event loads the prescaler and starts from zero."""
        if not self._has_clock():
            return
        count = self._count()
        if offset == _EGR:
            if value & 1:
                self._prescaler = self.words.get(_PSC, 0)
                self._set(0)
            return
        super().write(offset, value, mask)
        if offset == _CR1:
            self._set(count)
        elif offset == _CNT:
            self._set(value & mask)

    def _set(self, count: int) -> None:
        self.words[_CNT] = count
        self._from = self._time.now()

    def _count(self) -> int:
        count = self.words.get(_CNT, 0)
        if self.words.get(_CR1, 0) & 1:
            step = self._ticks_per_count() * (self._prescaler + 1)
            count += (self._time.now() - self._from) // step
        return count % (self.words[_ARR] + 1)
