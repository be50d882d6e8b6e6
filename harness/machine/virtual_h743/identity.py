"""What tells a debugger and firmware which chip this is: DBGMCU, unique id, flash size.

Source: RM0433, 60.5.8 (DBGMCU), 61 (device electronic signature).
"""

from __future__ import annotations

import struct

from harness.machine.virtual_h743.registers import Registers

DEVICE_ID = 0x450
REVISIONS = {"V": 0x2003, "Y": 0x1003}


class DebugSupport(Registers):
    """DBGMCU: the identity code, and a control register that reads back."""

    def __init__(self, revision: str, device_id: int = DEVICE_ID) -> None:
        super().__init__()
        self._code = REVISIONS[revision] << 16 | device_id

    def read(self, offset: int) -> int:
        """Read a register."""
        return self._code if offset == 0 else super().read(offset)

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write a register; the identity code stays."""
        if offset:
            super().write(offset, value, mask)

    def reset(self) -> None:
        """A system reset does not reach this block."""


def factory_data() -> tuple[bytes, bytes]:
    """The 96-bit unique id, and the flash size in kilobytes."""
    return struct.pack("<III", 0x0048_3734, 0x4C41_5552, 0x5452_4956), struct.pack("<H", 2048)
