"""The data watchpoint and trace unit's cycle counter, which counts instructions here.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), C1.8.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.machine.virtual_h743.memory_map import DWT
from harness.machine.virtual_h743.registers import WORD, Registers

_CTRL, _CYCCNT, _LAR, _LSR = 0x000, 0x004, 0xFB0, 0xFB4
_ENABLE = 1
_NOCYCCNT = 1 << 25
_COMPARATORS = 4 << 28
_UNLOCK = 0xC5AC_CE55


class Dwt(Registers):
    """CTRL and CYCCNT; the watchpoints of debuggers are breakpoints of the server.

    Args:
        instructions: executed up to the access to an address that is under way; None where nothing
            counts them, and then NOCYCCNT tells it.
        is_on: whether DEMCR.TRCENA is set.
    """

    def __init__(
        self, instructions: Callable[[int], int] | None, is_on: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._instructions = instructions
        self._is_on = is_on
        self.reset()

    def reset(self) -> None:
        """Stop and lock; as the architecture has it, only power-on clears CYCCNT."""
        super().reset()
        self._base = 0
        self._held = 0
        self._locked = True

    def read(self, offset: int) -> int:
        """Read a register."""
        if offset == _CTRL:
            absent = _NOCYCCNT if self._instructions is None else 0
            return self.words.get(_CTRL, 0) | _COMPARATORS | absent
        if offset == _CYCCNT:
            return self._count(self._executed(_CYCCNT))
        if offset == _LSR:
            return 1 | self._locked << 1
        return super().read(offset)

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write a register; software has to unlock the unit first."""
        if offset == _LAR:
            self._locked = value != _UNLOCK
        elif self._locked:
            return
        elif offset == _CTRL:
            executed = self._executed(_CTRL)
            self._held = self._count(executed)
            self._base = executed
            self.words[_CTRL] = value & _ENABLE
        elif offset == _CYCCNT:
            self._held, self._base = value, self._executed(_CYCCNT)

    def _counts(self) -> bool:
        return bool(self.words.get(_CTRL, 0) & _ENABLE) and self._is_on()

    def _count(self, executed: int) -> int:
        if not self._counts():
            return self._held & WORD
        return (self._held + executed - self._base) & WORD

    def _executed(self, register: int) -> int:
        """Asked once per access: twice would look for the next one."""
        return self._instructions(DWT + register) if self._instructions else 0
