"""The registers of an SW-DP, version 2.

Source: ADIv5.2 (IHI 0031), B2.2 (DP architecture and registers).
"""

from __future__ import annotations

DPIDR, ABORT = 0x0, 0x0
CTRL_STAT = 0x4
SELECT, RDBUFF = 0x8, 0xC

# Version 2, designer Arm, as the SW-DP of Cortex-M parts reports it.
_DPIDR_VALUE = 0x6BA0_2477
_POWER_REQUESTS = 1 << 30 | 1 << 28
_CTRL_WRITABLE = 0x5400_0F1D
_STICKY_ERROR = 1 << 5
_STICKY_CLEAR = 1 << 2
_BANK = 0xF


class DebugPort:
    """Power requests are granted at once; a failed access sets STICKYERR until ABORT clears it."""

    def __init__(self) -> None:
        self._control = 0
        self._select = 0
        self._last_read = 0
        self._sticky_error = False

    def read(self, address: int) -> int:
        """Read the register at 0x0, 0x4 or 0xC."""
        if address == DPIDR:
            return _DPIDR_VALUE
        if address == CTRL_STAT and self._select & _BANK == 0:
            granted = (self._control & _POWER_REQUESTS) << 1
            return self._control | granted | (_STICKY_ERROR if self._sticky_error else 0)
        return self._last_read if address == RDBUFF else 0

    def write(self, address: int, value: int) -> None:
        """Write the register at 0x0, 0x4 or 0x8."""
        if address == ABORT:
            if value & _STICKY_CLEAR:
                self._sticky_error = False
        elif address == CTRL_STAT and self._select & _BANK == 0:
            self._control = value & _CTRL_WRITABLE
        elif address == SELECT:
            self._select = value

    def note_read(self, value: int) -> None:
        """Keep the result of an access port read for RDBUFF."""
        self._last_read = value

    def note_fault(self) -> None:
        """Set STICKYERR."""
        self._sticky_error = True
