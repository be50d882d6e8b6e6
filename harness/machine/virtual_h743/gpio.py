"""Pins of one GPIO port: outputs that tell of their edges, inputs that read what is driven.

Source: RM0433, 11.4 (GPIO registers).
"""

from __future__ import annotations

from collections.abc import Callable

from harness.machine.virtual_h743.registers import Registers

_IDR, _ODR, _BSRR = 0x10, 0x14, 0x18
_PINS = 0xFFFF


class Gpio(Registers):
    """One port; `on_edge(pin, level)` hears of every change of an output."""

    def __init__(self, on_edge: Callable[[int, bool], None], moder: int) -> None:
        super().__init__({0x00: moder})
        self._on_edge = on_edge

    def read(self, offset: int) -> int:
        """Read a register; BSRR reads as zero."""
        if offset == _IDR:
            return self.words.get(_ODR, 0)
        return 0 if offset == _BSRR else super().read(offset)

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write a register; setting a pin wins over resetting it."""
        before = self.words.get(_ODR, 0)
        if offset == _BSRR:
            bits = value & mask
            self.words[_ODR] = (before & ~(bits >> 16) | bits) & _PINS
        elif offset != _IDR:
            super().write(offset, value, mask)
        changed = before ^ self.words.get(_ODR, 0)
        for pin in range(16) if changed else ():
            if changed >> pin & 1:
                self._on_edge(pin, bool(self.words[_ODR] >> pin & 1))
