"""The debug registers of an ARMv7-M core: DHCSR, DCRSR, DCRDR, DEMCR, DFSR and AIRCR.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), C1.6 (debug registers), C1.4.1 (reset and
vector catch), B3.2.6 (AIRCR).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from harness.probe.backend import Backend, StopCause

AIRCR = 0xE000_ED0C
DFSR = 0xE000_ED30
DHCSR = 0xE000_EDF0
DCRSR = 0xE000_EDF4
DCRDR = 0xE000_EDF8
DEMCR = 0xE000_EDFC

DEBUG_KEY = 0xA05F
C_DEBUGEN = 1 << 0
C_HALT = 1 << 1
C_STEP = 1 << 2
C_MASKINTS = 1 << 3
S_REGRDY = 1 << 16
S_HALT = 1 << 17
S_LOCKUP = 1 << 19
S_RETIRE_ST = 1 << 24
S_RESET_ST = 1 << 25
_CONTROLS = C_DEBUGEN | C_HALT | C_STEP | C_MASKINTS

RESET_KEY = 0x05FA
SYSRESETREQ = 1 << 2
_VECTRESET = 1 << 0

VC_CORERESET = 1 << 0
_DEMCR_WRITABLE = 0x010F_07F1

DFSR_HALTED = 1 << 0
DFSR_BKPT = 1 << 1
DFSR_DWTTRAP = 1 << 2
DFSR_VCATCH = 1 << 3
_DFSR_BITS = 0x1F
_CAUSE_BITS = {
    StopCause.REQUEST: DFSR_HALTED,
    StopCause.BREAKPOINT: DFSR_BKPT,
    StopCause.WATCHPOINT: DFSR_DWTTRAP,
}

_REG_WRITE = 1 << 16
_REGSEL = 0x7F
_PACKED_FIELDS = ("primask", "basepri", "faultmask", "control")
_NAMED = {13: "sp", 14: "lr", 15: "pc", 16: "xpsr", 17: "msp", 18: "psp", 33: "fpscr"}


class CoreDebug:
    """Debug control of one core."""

    # What other architectures have otherwise. REGSEL values name a register, or a suffix of four
    # that are packed into a word.
    status = S_REGRDY
    reset_requests = SYSRESETREQ | _VECTRESET
    named: ClassVar[Mapping[int, str]] = _NAMED
    packed: ClassVar[Mapping[int, str]] = {20: ""}

    def __init__(self, core: Backend) -> None:
        self._core = core
        self._controls = 0 if core.running else C_HALT
        self._demcr = 0
        self._dfsr = 0
        self._data = 0
        self._was_reset = False
        self._in_reset = False

    def read(self, address: int) -> int | None:
        """Read a debug register; None where the core itself has the register."""
        if address == DHCSR:
            return self._read_dhcsr()
        if address == DEMCR:
            return self._demcr
        if address == DFSR:
            self._look()
            return self._dfsr
        if address == DCRDR:
            return self._data
        return 0 if address == DCRSR else None

    def write(self, address: int, value: int) -> bool:
        """Write a debug register; False where the core itself has the register."""
        if address == DHCSR:
            if value >> 16 == DEBUG_KEY:
                self._control(value & _CONTROLS)
        elif address == DCRSR:
            self._transfer(value)
        elif address == DCRDR:
            self._data = value
        elif address == DEMCR:
            self._demcr = value & _DEMCR_WRITABLE
        elif address == DFSR:
            self._look()
            self._dfsr &= ~value & _DFSR_BITS
        elif address == AIRCR and value >> 16 == RESET_KEY and value & self.reset_requests:
            self.reset()
        else:
            return False
        return True

    def reset(self) -> None:
        """Reset the system and let it run, or halt it where vector catch asks for that."""
        self.hold_in_reset()
        self.release_from_reset()

    def hold_in_reset(self) -> None:
        """Assert reset: the core executes nothing until it is released."""
        self._core.reset()
        self._in_reset = True
        self._was_reset = True
        self._controls &= ~(C_HALT | C_STEP)

    def release_from_reset(self) -> None:
        """Release reset; DEMCR.VC_CORERESET halts the core before its first instruction."""
        if not self._in_reset:
            return
        self._in_reset = False
        if self._controls & C_DEBUGEN and self._demcr & VC_CORERESET:
            self._controls |= C_HALT
            self._dfsr |= DFSR_VCATCH
        elif not self._controls & C_HALT:
            self._core.resume()

    def _look(self) -> None:
        """Take notice of a breakpoint or watchpoint that has stopped the core."""
        cause = self._core.poll()
        if cause is not None:
            self._enter(cause)

    def _enter(self, cause: StopCause) -> None:
        self._controls |= C_HALT
        self._dfsr |= _CAUSE_BITS[cause]

    def _read_dhcsr(self) -> int:
        self._look()
        status = self.status
        if self._core.locked_up:
            status |= S_LOCKUP
        elif self._core.running:
            status |= S_RETIRE_ST
        elif not self._in_reset:
            status |= S_HALT
        if self._was_reset:
            status |= S_RESET_ST
            self._was_reset = self._in_reset
        return status | self._controls

    def _control(self, asked: int) -> None:
        self._look()
        if not asked & C_DEBUGEN:
            asked = 0
        self._controls, before = asked, self._controls
        if self._in_reset:
            return
        if asked & C_HALT:
            self._request_halt()
        elif asked & C_STEP and before & C_HALT:
            self._core.step()
            self._enter(StopCause.REQUEST)
        elif not self._core.running:
            self._core.resume()

    def _request_halt(self) -> None:
        was_running = self._core.running
        cause = self._core.halt()
        if was_running:
            self._enter(cause)

    def _transfer(self, selector: int) -> None:
        """Move a register between the halted core and DCRDR."""
        if self._core.running:
            return
        suffix = self.packed.get(selector & _REGSEL)
        if suffix is not None:
            self._transfer_packed(suffix, write=bool(selector & _REG_WRITE))
            return
        name = self._register_name(selector & _REGSEL)
        if name is None:
            self._data = 0
        elif selector & _REG_WRITE:
            self._core.write_register(name, self._data)
        else:
            self._data = self._core.read_register(name)

    def _register_name(self, selector: int) -> str | None:
        """Return the register that DCRSR.REGSEL names, or None (C1.6.3)."""
        if selector < 13:
            return f"r{selector}"
        if 64 <= selector < 96:
            return f"s{selector - 64}"
        return self.named.get(selector)

    def _transfer_packed(self, suffix: str, *, write: bool) -> None:
        """Move CONTROL, FAULTMASK, BASEPRI and PRIMASK, packed into one word."""
        value = self._data if write else 0
        for position, name in enumerate(_PACKED_FIELDS):
            if write:
                self._core.write_register(name + suffix, value >> (8 * position) & 0xFF)
            else:
                value |= (self._core.read_register(name + suffix) & 0xFF) << (8 * position)
        self._data = value
