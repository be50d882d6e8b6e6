"""CoreSight identification of the emulated components: the ROM table and every ID register.

Source: ADIv5.2 (IHI 0031), D2 and D3 (component and peripheral ID registers, ROM tables);
CoreSight Architecture Specification (IHI 0029), B2 (DEVARCH, DEVTYPE).
"""

from __future__ import annotations

from dataclasses import dataclass

ROM_TABLE_BASE = 0xE00F_F000

GENERIC_IP = 0xE
CORESIGHT = 0x9
_ROM_TABLE = 0x1
_PRESENT_32_BIT = 0x3
_ARM_JEP106 = 0x3B
_ARM_CONTINUATION = 4
_PIDR4 = 0xFD0
_DEVARCH = 0xFBC
_DEVARCH_PRESENT = 1 << 20
_DEVARCH_ARM = 0x23B << 21


@dataclass(frozen=True)
class Component:
    """A component of 4 KB as the ROM table names it: address, ID class and part number.

    One of the class CORESIGHT also tells its kind: `architecture` (DEVARCH.ARCHID) and DEVTYPE.
    """

    base: int
    component_class: int
    part: int
    architecture: int = 0
    device_type: int = 0

    def identification(self) -> tuple[int, ...]:
        """Return the twelve words from offset 0xFD0: PIDR4-7, PIDR0-3, CIDR0-3."""
        return (
            *(_ARM_CONTINUATION, 0, 0, 0),
            self.part & 0xFF,
            (_ARM_JEP106 & 0xF) << 4 | self.part >> 8,
            1 << 3 | _ARM_JEP106 >> 4,
            0,
            *(0x0D, self.component_class << 4, 0x05, 0xB1),
        )

    def kind(self) -> tuple[int, ...]:
        """Return the five words from offset 0xFBC: DEVARCH, DEVID2, DEVID1, DEVID, DEVTYPE."""
        if self.component_class != CORESIGHT:
            return ()
        return (_DEVARCH_ARM | _DEVARCH_PRESENT | self.architecture, 0, 0, 0, self.device_type)


class RomTable:
    """The identification words of a ROM table and of the components it lists."""

    def __init__(self, components: tuple[Component, ...], part: int = 0x4C7) -> None:
        self._words: dict[int, int] = {}
        table = Component(ROM_TABLE_BASE, _ROM_TABLE, part)
        for component in (table, *components):
            for index, word in enumerate(component.identification()):
                self._words[component.base + _PIDR4 + 4 * index] = word
            for index, word in enumerate(component.kind()):
                self._words[component.base + _DEVARCH + 4 * index] = word
        for index, component in enumerate(components):
            offset = (component.base - ROM_TABLE_BASE) & 0xFFFF_F000
            self._words[ROM_TABLE_BASE + 4 * index] = offset | _PRESENT_32_BIT

    def read(self, address: int) -> int | None:
        """Read an identification word; None where there is none."""
        word = self._words.get(address)
        return 0 if word is None and address >= ROM_TABLE_BASE else word
