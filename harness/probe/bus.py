"""The address space behind the access port: emulated debug components over the machine's memory."""

from __future__ import annotations

from harness.probe.architecture import ARMV7M, Architecture
from harness.probe.backend import Backend
from harness.probe.debug_units import DWT_BASE, FPB_BASE, BreakpointUnit, WatchpointUnit
from harness.probe.rom_table import RomTable

_PRIVATE_BUS = range(0xE000_0000, 0xE010_0000)
_ITM_PAGE = 0xE000_0000
_PAGE = 0xFFFF_F000


class Bus:
    """Routes each word of the private peripheral bus to what emulates it, all else to the core."""

    def __init__(self, core: Backend, architecture: Architecture = ARMV7M) -> None:
        self.core = core
        self.debug = architecture.core_debug(core)
        self._rom = RomTable(architecture.components)
        self._units: dict[int, BreakpointUnit | WatchpointUnit] = {
            FPB_BASE: BreakpointUnit(core),
            DWT_BASE: architecture.watchpoint_unit(core),
        }

    def read(self, address: int, length: int) -> bytes:
        """Read bytes; on the private peripheral bus in words, never more than `length` covers."""
        if address not in _PRIVATE_BUS:
            return self.core.read_memory(address, length)
        first = address & ~3
        last = (address + length + 3) & ~3
        words = (self.read_word(at).to_bytes(4, "little") for at in range(first, last, 4))
        return b"".join(words)[address - first :][:length]

    def write(self, address: int, data: bytes) -> None:
        """Write bytes; on the private peripheral bus in words where they are whole."""
        if address not in _PRIVATE_BUS:
            self.core.write_memory(address, data)
        elif address % 4 or len(data) % 4:
            # Byte lanes matter only to the core's own registers (priorities).
            self.core.write_memory(address, data)
        else:
            for start in range(0, len(data), 4):
                self.write_word(address + start, int.from_bytes(data[start : start + 4], "little"))

    def read_word(self, address: int) -> int:
        """Read one aligned word of the private peripheral bus."""
        value = self._rom.read(address)
        if value is None:
            value = self.debug.read(address)
        if value is None and (page := address & _PAGE) in self._units:
            value = self._units[page].read(address & 0xFFF)
        if value is None and address & _PAGE == _ITM_PAGE:
            value = 0
        if value is None:
            value = int.from_bytes(self.core.read_memory(address, 4), "little")
        return value

    def write_word(self, address: int, value: int) -> None:
        """Write one aligned word of the private peripheral bus."""
        page = address & _PAGE
        if page in self._units:
            self._units[page].write(address & 0xFFF, value)
        elif page != _ITM_PAGE and not self.debug.write(address, value):
            self.core.write_memory(address, value.to_bytes(4, "little"))
