"""Finds the load or store that an access to a device comes from: the engine tells only its block.

Source: Unicorn 2.1: within a callback of `uc_mmio_map` PC is the block's, other registers are true.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import capstone  # type: ignore[import-untyped]
from capstone import arm as operands

_LONGEST = 4


class Accessors:
    """Loads and stores of blocks, by address; `fetch` reads memory, `register` a core register."""

    def __init__(self, fetch: Callable[[int, int], bytes], register: Callable[[str], int]) -> None:
        self._fetch = fetch
        self._register = register
        self._decoder: Any = capstone.Cs(
            capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
        )
        self._decoder.detail = True
        self._blocks: dict[tuple[int, int], list[tuple[int, Any, Any]]] = {}
        self._execution = -1
        self._next = 0

    def forget(self) -> None:
        """Code has changed."""
        self._blocks.clear()

    def behind(self, block: int, instructions: int, execution: int, address: int) -> int:
        """How many instructions of a block come after its access to `address`.

        `execution` is another number each time the block runs; its accesses come in order. Of one
        that cannot be found nothing comes after.
        """
        if execution != self._execution:
            self._execution, self._next = execution, 0
        for index, instruction, operand in self._accesses(block, instructions):
            if index >= self._next and self._address(instruction, operand) == address:
                self._next = index + 1
                return instructions - index - 1
        return 0

    def _accesses(self, block: int, instructions: int) -> list[tuple[int, Any, Any]]:
        """Position, instruction and memory operand of each access of a block."""
        key = (block, instructions)
        if key not in self._blocks:
            code = self._fetch(block, _LONGEST * instructions)
            found = enumerate(self._decoder.disasm(code, block, instructions))
            self._blocks[key] = [
                (index, instruction, operand)
                for index, instruction in found
                for operand in instruction.operands
                if operand.type == operands.ARM_OP_MEM
            ]
        return self._blocks[key]

    def _address(self, instruction: Any, operand: Any) -> int | None:
        memory = operand.mem
        try:
            at = self._register(instruction.reg_name(memory.base))
            if memory.index:
                index = self._register(instruction.reg_name(memory.index))
                at += index << (operand.shift.value or memory.lshift)
        except KeyError:
            return None
        return (at + (0 if instruction.post_index else memory.disp)) & 0xFFFF_FFFF
