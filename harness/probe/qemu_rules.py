"""What QEMU's gdbstub does differently from a debug port, and how the probe makes up for it.

Source: QEMU 7.2, `gdbstub/gdbstub.c`, `target/arm/gdbstub.c`, `target/arm/cpu.c`; each rule was
tried on that release.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.probe import special_registers
from harness.probe.backend import Traits
from harness.probe.connection import Connection
from harness.probe.faults import AccessRefused
from harness.probe.planted_breakpoints import PlantedBreakpoints
from harness.probe.rsp_backend import RspBackend

_THUMB = 1 << 24
_PERIPHERALS = range(0x4000_0000, 0x6000_0000)
_PRIVATE_BUS = range(0xE000_0000, 0xE010_0000)
_VTOR = 0xE000_ED08
_HARD_FAULT_VECTOR = 12
_ID_PFR1 = 0xE000_ED44
_SECURITY_EXTENSION = 0xF0


class QemuBackend(RspBackend):
    """A QEMU machine."""

    # The guest's DWT reads as zero.
    traits = Traits("QEMU", cycle_counter=False)
    PROBE_COMMAND = b"qqemu.PhyMemMode"

    def __init__(self, connection: Connection, features: Mapping[str, str]) -> None:
        self._planted = PlantedBreakpoints()
        super().__init__(connection, features)

    def read_register(self, name: str) -> int:
        """Read a core register; QEMU before 8.0 shows the special ones only to instructions."""
        with self._paused():
            if name == special_registers.SECURE:
                return special_registers.in_secure_state(self)
            if name in special_registers.SYSM and name not in self._registers:
                return special_registers.read(self, name)
            return super().read_register(name)

    def write_register(self, name: str, value: int) -> None:
        """Write a core register."""
        with self._paused():
            if name in special_registers.SYSM and name not in self._registers:
                special_registers.write(self, name, value)
            else:
                super().write_register(name, value)

    def write_memory(self, address: int, data: bytes) -> None:
        """Write memory or a peripheral.

        Writes to the private peripheral bus are lost: QEMU answers OK and does nothing, and the
        bus is not in the physical map.
        """
        if address in _PRIVATE_BUS:
            return
        with self._paused():
            if address in _PERIPHERALS:
                self._write_device(address, data)
            else:
                super().write_memory(address, data)
                # In QEMU a BKPT raises a fault, whether or not a debugger is there.
                self._planted.follow(self, address, data)

    def _write_device(self, address: int, data: bytes) -> None:
        """Debugger writes reach only RAM, unless the physical memory mode is on.

        On boards with TrustZone they are Non-secure even then, and Secure devices ignore them.
        """
        if int.from_bytes(self.read_memory(_ID_PFR1, 4), "little") & _SECURITY_EXTENSION:
            special_registers.store(self, address, data)
            return
        self._connection.exchange(b"Qqemu.PhyMemMode:1")
        try:
            super().write_memory(address, data)
        finally:
            self._connection.exchange(b"Qqemu.PhyMemMode:0")

    def _would_lock_up(self) -> bool:
        """Tell whether the first instruction faults and the fault cannot be taken.

        An even reset vector clears EPSR.T (ARMv7-M ARM, B1.5.5); the fault this makes is taken
        through an even HardFault vector only into lockup, and lockup ends the QEMU process.
        """
        if self.read_register("xpsr") & _THUMB:
            return False
        try:
            table = int.from_bytes(self.read_memory(_VTOR, 4), "little")
            handler = self.read_memory(table + _HARD_FAULT_VECTOR, 4)
        except AccessRefused:
            return True
        return handler[0] & 1 == 0
