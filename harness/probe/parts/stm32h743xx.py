"""STM32H743: pyOCD's flash algorithm erases one sector too many, and its map lacks AXI SRAM.

Addresses and sector size: RM0433 (STM32H742/743/753/750), section 2.3 "Memory organization" and
section 4.3 "FLASH functional description". The sector too many: `EraseSector` of the algorithm in
pyOCD 0.46 erases all sectors whose first address is up to and including the end of the one asked
for. The number of the sector behind the last one does not fit the field SNB.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain.target import Region

RAM = (Region(0x2400_0000, 512 * 1024),)

_SECTOR = 128 * 1024
_FLASH = range(0x0800_0000, 0x0820_0000)
_BANK = 1024 * 1024


def also_erased(region: Region) -> Iterator[Region]:
    """Yield the sectors around `region` that are lost when it is programmed."""
    if region.origin not in _FLASH:
        return
    end = region.origin + region.length
    first = region.origin // _SECTOR * _SECTOR
    behind = (end + _SECTOR - 1) // _SECTOR * _SECTOR
    if first < region.origin:
        yield Region(first, region.origin - first)
    if end < behind:
        yield Region(end, behind - end)
    # Behind the last sector, the number wraps to the first one of the same bank.
    yield Region(behind if behind in _FLASH else behind - _BANK, _SECTOR)
