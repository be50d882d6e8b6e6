"""The engine's address space: memory as such, flash that only its controller writes, devices.

Source: Unicorn 2.1 (`uc_mem_map`, `uc_mmio_map`, UC_HOOK_MEM_WRITE_PROT), tried on 2.1.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unicorn import unicorn_const as uc_const

from harness.machine.virtual_h743 import memory_map as places


@dataclass(frozen=True)
class Accesses:
    """Where the engine asks for what is not plain memory; sizes in bytes."""

    read: Callable[[int, int], int]
    write: Callable[[int, int, int], None]
    program: Callable[[int, int, int], None]


class AddressSpace:
    """Maps all there is; `refuse` is the hook for stores where there is only memory to read."""

    def __init__(self, uc: Any, accesses: Accesses, refuse: Callable[..., bool]) -> None:
        self._uc = uc
        self._accesses = accesses
        self._on_bad_access = refuse
        uc.hook_add(uc_const.UC_HOOK_MEM_WRITE_PROT, self._on_protected_write)
        readable = uc_const.UC_PROT_READ
        uc.mem_map(places.FLASH, places.FLASH_BYTES, readable | uc_const.UC_PROT_EXEC)
        uc.mem_map(*places.SYSTEM_ROM, readable)
        for origin, length in places.RAMS:
            uc.mem_map(origin, length)
        self._map_device(places.PERIPHERALS.start, len(places.PERIPHERALS))
        self._map_device(places.PRIVATE_BUS.start, len(places.PRIVATE_BUS))

    def _map_device(self, origin: int, length: int) -> None:
        accesses = self._accesses

        def read(uc: Any, offset: int, size: int, data: Any) -> int:
            return accesses.read(origin + offset, size)

        def write(uc: Any, offset: int, size: int, value: int, data: Any) -> None:
            accesses.write(origin + offset, value, size)

        self._uc.mmio_map(origin, length, read, None, write, None)

    def _on_protected_write(
        self, uc: Any, access: int, address: int, size: int, value: int, data: Any
    ) -> bool:
        value &= (1 << 8 * size) - 1
        if address >= places.SYSTEM_ROM[0]:
            return self._on_bad_access(uc, access, address, size, value, data)
        self._accesses.program(address, value, size)
        return True
