"""The breakpoint unit (FPB) and the watchpoints of the DWT, on breakpoints of the machine.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), C1.8 (DWT), C1.11 (FPB); ARMv8-M
Architecture Reference Manual (DDI 0553), DWT_FUNCTIONn.
"""

from __future__ import annotations

from harness.probe.backend import Backend, Watch

FPB_BASE = 0xE000_2000
DWT_BASE = 0xE000_1000

_FP_COMPARATORS = 8
_FP_KEY = 1 << 1
_FP_ENABLE = 1 << 0
# Revision 2 of the unit: a comparator holds any address, not only one of the code region.
_FP_CTRL = 1 << 28 | _FP_COMPARATORS << 4

_DWT_COMPARATORS = 4
_DWT_NOCYCCNT = 1 << 25
_DWT_CYCCNT = 0x04
_DWT_FIRST, _DWT_STRIDE = 0x20, 0x10
_FUNCTIONS = {5: Watch.READ, 6: Watch.WRITE, 7: Watch.ACCESS}

_MATCHES = {4: Watch.ACCESS, 5: Watch.WRITE, 6: Watch.READ}
_ACTION = 0x3 << 4
_ACTION_DEBUG_EVENT = 1 << 4
_DATAVSIZE_SHIFT = 10


class BreakpointUnit:
    """Flash patch and breakpoint unit, breakpoints only."""

    def __init__(self, core: Backend) -> None:
        self._core = core
        self._enabled = False
        self._comparators = [0] * _FP_COMPARATORS
        self._active: set[int] = set()

    def read(self, offset: int) -> int:
        """Read the register at `offset`."""
        if offset == 0:
            return _FP_CTRL | self._enabled
        index = (offset - 8) // 4
        return self._comparators[index] if 0 <= index < _FP_COMPARATORS else 0

    def write(self, offset: int, value: int) -> None:
        """Write the register at `offset`, and move the machine's breakpoints to match."""
        index = (offset - 8) // 4
        if offset == 0 and value & _FP_KEY:
            self._enabled = bool(value & _FP_ENABLE)
        elif 0 <= index < _FP_COMPARATORS:
            self._comparators[index] = value
        wanted = {c & ~1 for c in self._comparators if c & 1 and self._enabled}
        for address in self._active - wanted:
            self._core.set_breakpoint(address, present=False)
        for address in wanted - self._active:
            self._core.set_breakpoint(address, present=True)
        self._active = wanted


class WatchpointUnit:
    """Data watchpoints of the DWT; the cycle counter is the machine's, where it has one."""

    def __init__(self, core: Backend) -> None:
        self._core = core
        self._control = 0
        self._registers = [[0, 0, 0] for _ in range(_DWT_COMPARATORS)]
        self._active: dict[int, tuple[Watch, int, int]] = {}

    def read(self, offset: int) -> int:
        """Read the register at `offset`."""
        has_counter = self._core.traits.cycle_counter
        if offset == 0:
            return _DWT_COMPARATORS << 28 | (0 if has_counter else _DWT_NOCYCCNT) | self._control
        if offset == _DWT_CYCCNT and has_counter:
            return int.from_bytes(self._core.read_memory(DWT_BASE + offset, 4), "little")
        place = _comparator(offset)
        return self._registers[place[0]][place[1]] if place else 0

    def write(self, offset: int, value: int) -> None:
        """Write the register at `offset`, and move the machine's watchpoints to match."""
        if offset in (0, _DWT_CYCCNT):
            if self._core.traits.cycle_counter:
                self._control = value & 1 if offset == 0 else self._control
                self._core.write_memory(DWT_BASE + offset, value.to_bytes(4, "little"))
            return
        place = _comparator(offset)
        if place is None:
            return
        index, field = place
        # MASK has as many bits as the machine supports; all 31 (C1.8.13).
        self._registers[index][field] = value & 0x1F if field == 1 else value
        self._update(index)

    def _update(self, index: int) -> None:
        wanted = self._watched(*self._registers[index])
        active = self._active.get(index)
        if active == wanted:
            return
        if active is not None:
            self._core.set_watchpoint(*active, present=False)
            del self._active[index]
        if wanted is not None:
            self._core.set_watchpoint(*wanted, present=True)
            self._active[index] = wanted

    def _watched(self, address: int, mask: int, function: int) -> tuple[Watch, int, int] | None:
        kind = _FUNCTIONS.get(function & 0xF)
        return (kind, address >> mask << mask, 1 << mask) if kind else None


class WatchpointUnitV2(WatchpointUnit):
    """The watchpoints of ARMv8-M: a comparator tells its size and action; there is no mask."""

    def _watched(self, address: int, mask: int, function: int) -> tuple[Watch, int, int] | None:
        kind = _MATCHES.get(function & 0xF)
        if kind is None or function & _ACTION != _ACTION_DEBUG_EVENT:
            return None
        size = 1 << (function >> _DATAVSIZE_SHIFT & 3)
        return kind, address & ~(size - 1), size


def _comparator(offset: int) -> tuple[int, int] | None:
    """Return comparator and field (0 COMP, 1 MASK, 2 FUNCTION) of an offset."""
    index, rest = divmod(offset - _DWT_FIRST, _DWT_STRIDE)
    return (index, rest // 4) if 0 <= index < _DWT_COMPARATORS and rest < 12 else None
