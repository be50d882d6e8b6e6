"""Reset and clock control, and power control: what is asked for is ready when it is next read.

Source: RM0433, 8.7 (RCC registers) and 6.8 (PWR registers).
"""

from __future__ import annotations

from harness.machine.virtual_h743.registers import Registers

_D1CFGR, _D2CFGR = 0x18, 0x1C
_CR, _CFGR, _BDCR, _CSR, _RSR = 0x00, 0x10, 0x70, 0x74, 0xD0
# Enable bit and ready bit of HSI, CSI, HSI48, HSE, PLL1 to 3.
_OSCILLATORS = ((0, 2), (7, 8), (12, 13), (16, 17), (24, 25), (26, 27), (28, 29))
_READY = sum(1 << ready for _, ready in _OSCILLATORS)
_D1CKRDY_D2CKRDY = 3 << 14
_CR_RESET = 0x83
_CLEAR_FLAGS = 1 << 16

POWER_ON_FLAGS = 0x00FE_0000
SOFTWARE_FLAGS = 0x0142_0000  # SFTRSTF, PINRSTF, CPURSTF
PIN_FLAGS = 0x0042_0000
BROWN_OUT_FLAGS = 0x0062_0000  # BORRSTF, PINRSTF, CPURSTF

APB1LENR = 0xE8
TIM2_ENABLE, TIM5_ENABLE, USART3_ENABLE = 1 << 0, 1 << 3, 1 << 18


class ResetAndClockControl(Registers):
    """RCC; `flags` gathers the reasons of resets, as RSR keeps them until software clears them."""

    def __init__(self) -> None:
        super().__init__({_CR: _CR_RESET, 0x28: 0x0202_0200, 0x2C: 0x01FF_0000})
        self.flags = POWER_ON_FLAGS

    def read(self, offset: int) -> int:
        """Read a register; an oscillator that is on is ready."""
        value = super().read(offset)
        if offset == _CR:
            value &= ~_READY
            value |= sum(1 << ready for on, ready in _OSCILLATORS if value >> on & 1)
            return value | _D1CKRDY_D2CKRDY
        if offset == _CFGR:
            return value & ~0x38 | (value & 0x7) << 3
        if offset in (_BDCR, _CSR):
            return value & ~2 | (value & 1) << 1
        return self.flags if offset == _RSR else value

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write a register."""
        if offset == _RSR:
            self.flags = 0 if value & mask & _CLEAR_FLAGS else self.flags
            return
        super().write(offset, value, mask)

    def core_ticks_per_apb1_timer(self) -> int:
        """Core clock ticks in one tick of the timers on APB1 (figure 47, TIMPRE = 0)."""
        bus = _bus_divider(super().read(_D1CFGR) & 0xF)
        apb1 = _apb_divider(super().read(_D2CFGR) >> 4 & 7)
        return bus * max(1, apb1 // 2)

    def apb1_has_clock(self, enable: int) -> bool:
        """Whether the bus clock of a peripheral is on, by its bit of APB1LENR."""
        return bool(super().read(APB1LENR) & enable)


def _bus_divider(field: int) -> int:
    """HPRE: 1, or 2 to 16 and 64 to 512."""
    return 1 if field < 8 else (2, 4, 8, 16, 64, 128, 256, 512)[field - 8]


def _apb_divider(field: int) -> int:
    """D2PPRE1: 1, or 2 to 16."""
    return 1 if field < 4 else 2 << (field - 4)


_CSR1, _CR2, _CR3, _D3CR = 0x04, 0x08, 0x0C, 0x18
_VOS = 0xC000
_VOS_READY = 1 << 13


class PowerControl(Registers):
    """PWR; the voltage asked for in D3CR.VOS is there when it is next looked at."""

    def __init__(self) -> None:
        super().__init__({0x00: 0xF000_C000, _CR3: 0x6, _D3CR: 0x4000})

    def read(self, offset: int) -> int:
        """Read a register; ACTVOS follows VOS."""
        if offset == _CSR1:
            return self.words[_D3CR] & _VOS | _VOS_READY
        value = super().read(offset)
        if offset == _CR3:
            return value | 1 << 26 if value >> 24 & 1 else value & ~(1 << 26)
        if offset == _CR2:
            return value & ~(1 << 16) | (value & 1) << 16
        return value | _VOS_READY if offset == _D3CR else value
