"""Where memory and peripherals of the STM32H743xI lie.

Source: RM0433, 2.3 (memory organization) and table 8 (register boundary addresses).
"""

from __future__ import annotations

FLASH = 0x0800_0000
BANK_BYTES = 0x10_0000
FLASH_BYTES = 2 * BANK_BYTES
SECTOR_BYTES = 0x2_0000

# ITCM, DTCM, AXI SRAM, SRAM1 to 4, backup SRAM: origin and length.
RAMS = (
    (0x0000_0000, 0x1_0000),
    (0x2000_0000, 0x2_0000),
    (0x2400_0000, 0x8_0000),
    (0x3000_0000, 0x2_0000),
    (0x3002_0000, 0x2_0000),
    (0x3004_0000, 0x0_8000),
    (0x3800_0000, 0x1_0000),
    (0x3880_0000, 0x0_1000),
)

# The system memory of bank 1, which holds what the factory wrote (61.1, 61.2).
SYSTEM_ROM = (0x1FF0_0000, 0x2_0000)
UNIQUE_ID = 0x1FF1_E800
FLASH_SIZE_KB = 0x1FF1_E880

PERIPHERALS = range(0x4000_0000, 0x6000_0000)
TIM2 = 0x4000_0000
USART3 = 0x4000_4800
GPIOA, GPIO_STRIDE, GPIO_PORTS = 0x5802_0000, 0x400, "ABCDEFGHIJK"
FLASH_INTERFACE = 0x5200_2000
RCC = 0x5802_4400
PWR = 0x5802_4800
DBGMCU = 0x5C00_1000

PRIVATE_BUS = range(0xE000_0000, 0xE010_0000)
DWT = 0xE000_1000
SYSTEM_CONTROL = 0xE000_E000
PAGE = 0x1000

USART3_INTERRUPT = 39
INTERRUPTS = 150
