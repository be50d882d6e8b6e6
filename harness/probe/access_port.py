"""A memory access port of the AHB-AP kind: CSW, TAR, DRW and the banked data registers.

Source: ADIv5.2 (IHI 0031), C2 (MEM-AP); AHB-AP of the Cortex-M4 technical reference manual.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from harness.probe.bus import Bus
from harness.probe.rom_table import ROM_TABLE_BASE

CSW, TAR, DRW = 0x00, 0x04, 0x0C
BD0, BD3 = 0x10, 0x1C
CFG, BASE, IDR = 0xF4, 0xF8, 0xFC

# AHB-AP variant 1, which increments TAR within 4 KB (variant 4 of later cores: 1 KB).
IDR_VALUE = 0x2477_0011
_WRAP = 0x1000
_BASE_PRESENT = 0x3

_SIZE = 0x7
_ADDR_INC = 0x30
_INC_SINGLE = 0x10
# DeviceEn and SPIDEN read as one: debug access is allowed.
_CSW_FIXED = 1 << 6 | 1 << 23
_CSW_WRITABLE = 0x7F00_0000 | _ADDR_INC | _SIZE
_CSW_RESET = 0x4300_0000 | _INC_SINGLE | 2
_LARGEST_SIZE = 2


class AccessPort:
    """One MEM-AP on a bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._csw = _CSW_RESET
        self._tar = 0

    def read(self, register: int) -> int:
        """Read the register at `register` (0x00 to 0xFC)."""
        if register == DRW:
            return self.read_drw(1)[0]
        if BD0 <= register <= BD3:
            return int.from_bytes(self._bus.read(self._banked(register), 4), "little")
        return {
            CSW: self._csw | _CSW_FIXED,
            TAR: self._tar,
            BASE: ROM_TABLE_BASE | _BASE_PRESENT,
            IDR: IDR_VALUE,
        }.get(register, 0)

    def write(self, register: int, value: int) -> None:
        """Write the register at `register`."""
        if register == CSW:
            # A size that is not supported reads back as one that is.
            size = min(value & _SIZE, _LARGEST_SIZE)
            self._csw = value & _CSW_WRITABLE & ~_SIZE | size
        elif register == TAR:
            self._tar = value & 0xFFFF_FFFF
        elif register == DRW:
            self.write_drw([value])
        elif BD0 <= register <= BD3:
            self._bus.write(self._banked(register), value.to_bytes(4, "little"))

    def read_drw(self, count: int) -> list[int]:
        """Read DRW `count` times, words in one access where that is the same."""
        values: list[int] = []
        while len(values) < count:
            run = self._run(count - len(values))
            if run > 1:
                data = self._bus.read(self._tar, 4 * run)
                values += struct.unpack(f"<{run}I", data)
                self._advance(4 * run)
            else:
                values.append(self._read_once())
        return values

    def write_drw(self, values: Sequence[int]) -> None:
        """Write DRW once for each value, words in one access where that is the same."""
        start = 0
        while start < len(values):
            run = self._run(len(values) - start)
            if run > 1:
                self._bus.write(self._tar, struct.pack(f"<{run}I", *values[start : start + run]))
                self._advance(4 * run)
            else:
                self._write_once(values[start])
            start += run

    def _run(self, count: int) -> int:
        """Return how many of `count` accesses are consecutive aligned words up to the wrap."""
        is_word = self._csw & _SIZE == 2 and self._tar % 4 == 0
        if not is_word or self._csw & _ADDR_INC != _INC_SINGLE:
            return 1
        return min(count, (_WRAP - self._tar % _WRAP) // 4)

    def _read_once(self) -> int:
        size = 1 << (self._csw & _SIZE)
        address = self._tar & ~(size - 1)
        value = int.from_bytes(self._bus.read(address, size), "little")
        self._advance(size)
        return value << 8 * (address & 3)

    def _write_once(self, value: int) -> None:
        size = 1 << (self._csw & _SIZE)
        address = self._tar & ~(size - 1)
        lane = value >> 8 * (address & 3) & ((1 << 8 * size) - 1)
        self._bus.write(address, lane.to_bytes(size, "little"))
        self._advance(size)

    def _advance(self, count: int) -> None:
        if self._csw & _ADDR_INC == _INC_SINGLE:
            self._tar = self._tar & ~(_WRAP - 1) | (self._tar + count) & (_WRAP - 1)

    def _banked(self, register: int) -> int:
        return self._tar & ~0xF | register & 0xC
