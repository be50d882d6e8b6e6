"""Pending, enabled and active exceptions and their priorities; nothing here touches the core.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), B1.5.4 (priorities), B3.4 (NVIC).
"""

from __future__ import annotations

from harness.machine.virtual_h743.memory_map import INTERRUPTS

NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 2, 3, 4, 5, 6
SVCALL, DEBUG_MONITOR, PENDSV, SYSTICK, FIRST_INTERRUPT = 11, 12, 14, 15, 16
NUMBERS = FIRST_INTERRUPT + INTERRUPTS
THREAD_PRIORITY = 256
_FIXED = {NMI: -2, HARD_FAULT: -1}
# __NVIC_PRIO_BITS of the STM32H7 is 4.
_PRIORITY_BITS = 0xF0


class Nvic:
    """The controller; exception numbers are those of IPSR (interrupt n is 16 + n)."""

    def __init__(self) -> None:
        self.high: set[int] = set()
        self.reset()

    def reset(self) -> None:
        """Nothing enabled, pending or active; lines keep their level."""
        self.enabled: set[int] = {NMI, HARD_FAULT, SVCALL, PENDSV, SYSTICK}
        self.pending: set[int] = set()
        self.active: set[int] = set()
        self.priorities = [0] * NUMBERS
        self.group_bits = 0

    def priority(self, number: int) -> int:
        """The priority of an exception; smaller goes first."""
        return _FIXED.get(number, self.priorities[number])

    def set_priority(self, number: int, value: int) -> None:
        """Set a priority; only the upper four bits are there."""
        self.priorities[number] = value & _PRIORITY_BITS

    def set_line(self, interrupt: int, level: bool) -> None:
        """A device raises or lowers its line; while it is high the interrupt pends again."""
        number = FIRST_INTERRUPT + interrupt
        if level:
            if number not in self.high and number not in self.active:
                self.pending.add(number)
            self.high.add(number)
        else:
            self.high.discard(number)

    def execution_priority(self, primask: int, basepri: int, faultmask: int) -> int:
        """The priority of what runs: of the active exceptions, boosted by the masks."""
        lowest = min(
            (self._group(self.priority(number)) for number in self.active),
            default=THREAD_PRIORITY,
        )
        if basepri & _PRIORITY_BITS:
            lowest = min(lowest, self._group(basepri & _PRIORITY_BITS))
        if primask & 1:
            lowest = min(lowest, 0)
        return min(lowest, -1) if faultmask & 1 else lowest

    def next(self, priority: int = THREAD_PRIORITY) -> int | None:
        """The pending exception that preempts code of `priority`, if any."""
        ready = self.pending & self.enabled
        if not ready:
            return None
        best = min(ready, key=lambda number: (self.priority(number), number))
        return best if self._group(self.priority(best)) < priority else None

    def activate(self, number: int) -> None:
        """The core has entered the handler."""
        self.pending.discard(number)
        self.active.add(number)

    def deactivate(self, number: int) -> None:
        """The core has left the handler; a line that is still high pends again."""
        self.active.discard(number)
        if number in self.high:
            self.pending.add(number)

    def _group(self, priority: int) -> int:
        """The part of a priority that decides over preemption (AIRCR.PRIGROUP)."""
        return (
            priority if priority < 0 else priority >> (self.group_bits + 1) << (self.group_bits + 1)
        )
