"""The engine's address space: memory as such, flash that only its controller writes, devices.

Source: Unicorn 2.1 (`uc_mem_map`, `uc_mmio_map`, UC_HOOK_MEM_*_PROT), tried on 2.1.4.
"""

from __future__ import annotations

import ctypes
import mmap
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
    """Maps all there is; `refuse` is the hook for stores where there is only memory to read.

    `at_exact_pc` holds within an access of the DWT, where the engine's PC is exact; within other
    accesses it is that of the block.
    """

    def __init__(self, uc: Any, accesses: Accesses, refuse: Callable[..., bool]) -> None:
        self._uc = uc
        self._accesses = accesses
        self._on_bad_access = refuse
        self.at_exact_pc = False
        uc.hook_add(uc_const.UC_HOOK_MEM_READ_PROT, self._on_protected_read)
        uc.hook_add(uc_const.UC_HOOK_MEM_WRITE_PROT, self._on_protected_write)
        readable = uc_const.UC_PROT_READ
        uc.mem_map(places.FLASH, places.FLASH_BYTES, readable | uc_const.UC_PROT_EXEC)
        uc.mem_map(*places.SYSTEM_ROM, readable)
        for origin, length in places.RAMS:
            uc.mem_map(origin, length)
        self._map_device(places.PERIPHERALS.start, len(places.PERIPHERALS))
        private = places.PRIVATE_BUS
        self._map_device(private.start, places.DWT - private.start)
        behind = places.DWT + places.PAGE
        self._map_device(behind, private.stop - behind)
        # Only a page without rights tells the exact PC of an access; what is read comes from here.
        self._dwt = mmap.mmap(-1, places.PAGE)
        self._dwt_words = (ctypes.c_uint32 * (places.PAGE // 4)).from_buffer(self._dwt)
        at = ctypes.addressof(self._dwt_words)
        uc.mem_map_ptr(places.DWT, places.PAGE, uc_const.UC_PROT_NONE, at)

    def _map_device(self, origin: int, length: int) -> None:
        accesses = self._accesses

        def read(uc: Any, offset: int, size: int, data: Any) -> int:
            return accesses.read(origin + offset, size)

        def write(uc: Any, offset: int, size: int, value: int, data: Any) -> None:
            accesses.write(origin + offset, value, size)

        self._uc.mmio_map(origin, length, read, None, write, None)

    def _on_protected_read(
        self, uc: Any, access: int, address: int, size: int, value: int, data: Any
    ) -> bool:
        self.at_exact_pc = True
        self._dwt_words[address % places.PAGE // 4] = self._accesses.read(address & ~3, 4)
        self.at_exact_pc = False
        return True

    def _on_protected_write(
        self, uc: Any, access: int, address: int, size: int, value: int, data: Any
    ) -> bool:
        value &= (1 << 8 * size) - 1
        if address >= places.DWT:
            self.at_exact_pc = True
            self._accesses.write(address, value, size)
            self.at_exact_pc = False
        elif address >= places.SYSTEM_ROM[0]:
            return self._on_bad_access(uc, access, address, size, value, data)
        else:
            self._accesses.program(address, value, size)
        return True
