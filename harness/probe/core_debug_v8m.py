"""The debug registers that ARMv8-M adds: security state, authentication, and banked registers.

Source: ARMv8-M Architecture Reference Manual (DDI 0553), descriptions of DAUTHCTRL, DAUTHSTATUS,
DCRSR, DHCSR and DSCSR.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from harness.probe.backend import Backend
from harness.probe.core_debug import SYSRESETREQ, CoreDebug

DAUTHCTRL = 0xE000_EE04
DSCSR = 0xE000_EE08
DAUTHSTATUS = 0xE000_EFB8

S_SDE = 1 << 20
_DAUTHCTRL_WRITABLE = 0xF
_DSCSR_CDS = 1 << 16
_DSCSR_WRITABLE = 0x3
# Debugging, invasive or not, is implemented and allowed in both security states.
_ALL_ALLOWED = 0xFF

_BANKED = {
    **{24: "msp_ns", 25: "psp_ns", 26: "msp_s", 27: "psp_s", 28: "msplim_s", 29: "psplim_s"},
    **{30: "msplim_ns", 31: "psplim_ns", 36: "vpr"},
}


class CoreDebugV8M(CoreDebug):
    """Debug control of a core that may have the Security Extension."""

    status = CoreDebug.status | S_SDE
    # There is no VECTRESET.
    reset_requests = SYSRESETREQ
    named: ClassVar[Mapping[int, str]] = {**CoreDebug.named, **_BANKED}
    packed: ClassVar[Mapping[int, str]] = {20: "", 34: "_s", 35: "_ns"}

    def __init__(self, core: Backend) -> None:
        super().__init__(core)
        self._authentication = 0
        self._banking = 0

    def read(self, address: int) -> int | None:
        """Read a debug register; None where the core itself has the register."""
        if address == DAUTHCTRL:
            return self._authentication
        if address == DAUTHSTATUS:
            return _ALL_ALLOWED
        if address == DSCSR:
            secure = self._core.read_register("secure")
            return (_DSCSR_CDS if secure else 0) | self._banking
        return super().read(address)

    def write(self, address: int, value: int) -> bool:
        """Write a debug register; False where the core itself has the register."""
        if address == DAUTHCTRL:
            self._authentication = value & _DAUTHCTRL_WRITABLE
        elif address == DSCSR:
            # The security state itself cannot be changed from here.
            self._banking = value & _DSCSR_WRITABLE
        else:
            return super().write(address, value)
        return True
