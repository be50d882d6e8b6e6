"""The system control space: NVIC, SCB, SysTick, FPU and cache registers of a Cortex-M7.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), B3.2 to B3.4; Cortex-M7 Technical
Reference Manual (DDI 0489), 4.2 and 5.3; identification values of the STM32H743: PM0253, 4.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.machine.virtual_h743 import nvic as numbers
from harness.machine.virtual_h743.nvic import Nvic
from harness.machine.virtual_h743.registers import Registers
from harness.machine.virtual_h743.timers import SYST_CALIB, SYST_CSR, SysTick

ICTR, CPUID, ICSR, VTOR, AIRCR, CCR, SHCSR = 0x004, 0xD00, 0xD04, 0xD08, 0xD0C, 0xD14, 0xD24
CFSR, HFSR, MMFAR, BFAR, CPACR, DEMCR, STIR = 0xD28, 0xD2C, 0xD34, 0xD38, 0xD88, 0xDFC, 0xF00
_SHPR1, _SHPR3_END, _IPR, _IPR_END = 0xD18, 0xD24, 0x400, 0x49C
_FPCCR, _CCSIDR, _CSSELR = 0xF34, 0xD80, 0xD84
_ISER, _ICER, _ISPR, _ICPR, _IABR = 0x100, 0x180, 0x200, 0x280, 0x300
_BANK_BYTES = 0x80

_KEY = 0x05FA
_SYSRESETREQ = 1 << 2
_TRCENA = 1 << 24
_PENDSVSET, _PENDSVCLR, _PENDSTSET, _PENDSTCLR = 1 << 28, 1 << 27, 1 << 26, 1 << 25
_NMIPENDSET = 1 << 31
_FAULTS = {16: numbers.MEM_MANAGE, 17: numbers.BUS_FAULT, 18: numbers.USAGE_FAULT}
_CACHE_SIZES = (0xF00F_E019, 0xF01F_E009)  # data and instruction, 16 KB each

_RESET_VALUES = {
    ICTR: 4,
    CPUID: 0x411F_C271,
    VTOR: 0x0800_0000,
    CCR: 0x0004_0200,
    0xD40: 0x30,
    0xD44: 0x200,
    0xD48: 0x10_0000,
    0xD50: 0x0010_0030,
    0xD58: 0x0100_0000,
    0xD60: 0x0110_1110,
    0xD64: 0x0211_2000,
    0xD68: 0x2023_2231,
    0xD6C: 0x0111_1131,
    0xD70: 0x0131_0132,
    0xD78: 0x0900_0003,
    0xD7C: 0x8303_C003,
    0xD90: 0x1000,  # MPU_TYPE: 16 regions
    _FPCCR: 0xC000_0000,
    0xF40: 0x1011_0221,
    0xF44: 0x1200_0011,
    0xF48: 0x40,
}
_READ_ONLY = {ICTR, CPUID, _CCSIDR, *range(0xD40, 0xD80, 4), 0xD90, 0xF40, 0xF44, 0xF48}
_ENABLES = {_ISER, _ICER}
_CLEARS = {_ICER, _ICPR}


class SystemControl(Registers):
    """The page at 0xE000 E000.

    `on_change` hears that an interrupt may have become ready, `on_reset` that software asks for a
    system reset.
    """

    def __init__(
        self,
        nvic: Nvic,
        systick: SysTick,
        on_change: Callable[[], None],
        on_reset: Callable[[], None],
    ) -> None:
        super().__init__(_RESET_VALUES)
        self._nvic = nvic
        self._systick = systick
        self._on_change = on_change
        self._on_reset = on_reset

    def reset(self) -> None:
        """Reset all but DEMCR, which belongs to the debugger."""
        demcr = self.words.get(DEMCR, 0)
        super().reset()
        self.words[DEMCR] = demcr

    def tracing(self) -> bool:
        """Whether DEMCR.TRCENA lets the DWT work."""
        return bool(self.words.get(DEMCR, 0) & _TRCENA)

    def read(self, offset: int) -> int:
        """Read a register."""
        if SYST_CSR <= offset <= SYST_CALIB:
            return self._systick.read(offset)
        if _ISER <= offset < _IABR + _BANK_BYTES:
            return self._bits(self._bank(offset), offset)
        if _IPR <= offset < _IPR_END or _SHPR1 <= offset < _SHPR3_END:
            first = self._first_priority(offset)
            values = self._nvic.priorities[first : first + 4]
            return int.from_bytes(bytes(values), "little")
        if offset == ICSR:
            return self._state()
        if offset == AIRCR:
            return 0xFA05_0000 | self._nvic.group_bits << 8
        if offset == _CCSIDR:
            return _CACHE_SIZES[self.words.get(_CSSELR, 0) & 1]
        if offset == SHCSR:
            return sum(1 << bit for bit, n in _FAULTS.items() if n in self._nvic.enabled)
        return super().read(offset)

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write a register."""
        value &= mask
        if SYST_CSR <= offset <= SYST_CALIB:
            self._systick.write(offset, value)
        elif _ISER <= offset < _IABR:
            self._set_bits(offset, value)
        elif _IPR <= offset < _IPR_END or _SHPR1 <= offset < _SHPR3_END:
            for lane in range(4):
                if mask >> 8 * lane & 0xFF:
                    number = self._first_priority(offset) + lane
                    self._nvic.set_priority(number, value >> 8 * lane & 0xFF)
        elif offset == ICSR:
            self._pend(value)
        elif offset == AIRCR and value >> 16 == _KEY:
            self._nvic.group_bits = value >> 8 & 7
            if value & _SYSRESETREQ:
                self._on_reset()
        elif offset == SHCSR:
            for bit, number in _FAULTS.items():
                self._switch(self._nvic.enabled, number, on=bool(value >> bit & 1))
        elif offset in (CFSR, HFSR):
            self.words[offset] = self.words.get(offset, 0) & ~value
        elif offset == STIR:
            self._nvic.pending.add(numbers.FIRST_INTERRUPT + (value & 0x1FF))
        elif offset not in _READ_ONLY:
            super().write(offset, value, mask)
        self._on_change()

    def set_fault(self, bits: int, *, address: int | None = None, register: int = BFAR) -> None:
        """Set bits of CFSR, and the address that goes with them."""
        self.words[CFSR] = self.words.get(CFSR, 0) | bits
        if address is not None:
            self.words[register] = address

    def set_hard_fault(self, bits: int) -> None:
        """Set bits of HFSR."""
        self.words[HFSR] = self.words.get(HFSR, 0) | bits

    def _bank(self, offset: int) -> int:
        return offset // _BANK_BYTES * _BANK_BYTES

    def _bits(self, bank: int, offset: int) -> int:
        nvic = self._nvic
        chosen = nvic.enabled if bank in _ENABLES else nvic.pending
        chosen = nvic.active if bank == _IABR else chosen
        first = numbers.FIRST_INTERRUPT + (offset - bank) * 8
        return sum(1 << bit for bit in range(32) if first + bit in chosen)

    def _set_bits(self, offset: int, value: int) -> None:
        bank = self._bank(offset)
        chosen = self._nvic.enabled if bank in _ENABLES else self._nvic.pending
        first = numbers.FIRST_INTERRUPT + (offset - bank) * 8
        for bit in range(32):
            if value >> bit & 1 and first + bit < numbers.NUMBERS:
                self._switch(chosen, first + bit, on=bank not in _CLEARS)

    @staticmethod
    def _switch(chosen: set[int], number: int, *, on: bool) -> None:
        if on:
            chosen.add(number)
        else:
            chosen.discard(number)

    @staticmethod
    def _first_priority(offset: int) -> int:
        if offset < _IPR_END:
            return numbers.FIRST_INTERRUPT + offset - _IPR
        return numbers.MEM_MANAGE + offset - _SHPR1

    def _pend(self, value: int) -> None:
        pending = self._nvic.pending
        for bit, number, on in (
            (_NMIPENDSET, numbers.NMI, True),
            (_PENDSVSET, numbers.PENDSV, True),
            (_PENDSVCLR, numbers.PENDSV, False),
            (_PENDSTSET, numbers.SYSTICK, True),
            (_PENDSTCLR, numbers.SYSTICK, False),
        ):
            if value & bit:
                self._switch(pending, number, on=on)

    def _state(self) -> int:
        nvic = self._nvic
        state = _PENDSVSET if numbers.PENDSV in nvic.pending else 0
        state |= _PENDSTSET if numbers.SYSTICK in nvic.pending else 0
        waiting = nvic.next()
        if waiting is not None:
            state |= waiting << 12 | (1 << 22 if waiting >= numbers.FIRST_INTERRUPT else 0)
        if len(nvic.active) <= 1:
            state |= 1 << 11
        return state | min(nvic.active, key=nvic.priority, default=0)
