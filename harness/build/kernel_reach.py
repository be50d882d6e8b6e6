"""What of a firmware nothing but its kernels reaches: what a build without some of them would lack.

The linker leaves out what nothing refers to (`--gc-sections`); so does this, by the references that
the ELF still shows: branches, and words that hold an address. What is referred to in another way
(by two halves of an address in two instructions) stays counted with the rest, so that what a build
without some kernels takes is told too large rather than too small.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping

import numpy as np
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, Symbol, SymbolTableSection

from harness.build.disassembly import Function
from harness.build.origins import SECTION
from harness.domain.target import Region

_FUNCTION, _OBJECT = "STT_FUNC", "STT_OBJECT"
_THUMB, _DATA = "$t", "$d"


def kernel_reach(elf: ELFFile, functions: Mapping[int, Function]) -> list[frozenset[Region]]:
    """For each `struct kernel` in the order of their section, the functions and objects it needs.

    What the rest of the firmware reaches, too, is in none of them. `functions` tells the branches.
    """
    places = _Places(elf)
    references = places.references(functions)
    table = elf.get_section_by_name(SECTION)
    first, size = (table["sh_addr"], table["sh_size"]) if table else (0, 0)
    records = [start for start in places.starts if first <= start < first + size]
    reached = [_closure([record], references) for record in records]
    for to in references.values():  # the engine knows where the first one lies: that is all of them
        to -= set(records)
    kernels = set[int]().union(*reached)
    others = _closure([start for start in (*places.starts, 0) if start not in kernels], references)
    return [
        frozenset(
            Region(start, places.size[start]) for start in found - others if places.in_flash(start)
        )
        for found in reached
    ]


class _Places:
    """Functions and objects of an ELF; what belongs to none of them is a place called 0."""

    def __init__(self, elf: ELFFile) -> None:
        self._loaded = [
            section
            for section in elf.iter_sections()
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_type"] != "SHT_NOBITS"
        ]
        self.size: dict[int, int] = {}
        self._functions: set[int] = set()
        self._mapping: dict[int, str] = {}
        for section in elf.iter_sections():
            if isinstance(section, SymbolTableSection):
                for symbol in section.iter_symbols():
                    self._add(symbol)
        self.starts = sorted(self.size)
        self._mapped = sorted(self._mapping)

    def _add(self, symbol: Symbol) -> None:
        kind, value, size = (
            symbol["st_info"]["type"],
            int(symbol["st_value"]),
            int(symbol["st_size"]),
        )
        if kind in (_FUNCTION, _OBJECT) and size:
            start = value & ~1 if kind == _FUNCTION else value
            if kind == _FUNCTION:
                self._functions.add(start)
            self.size[start] = max(self.size.get(start, 0), size)
        elif symbol.name[:2] in (_DATA, _THUMB):
            self._mapping[value] = symbol.name[:2]

    def at(self, address: int) -> int:
        """The place that `address` lies in."""
        index = bisect.bisect_right(self.starts, address) - 1
        if index < 0 or address >= self.starts[index] + self.size[self.starts[index]]:
            return 0
        return self.starts[index]

    def in_flash(self, start: int) -> bool:
        """Whether bytes of it are stored."""
        return any(s["sh_addr"] <= start < s["sh_addr"] + s["sh_size"] for s in self._loaded)

    def references(self, functions: Mapping[int, Function]) -> dict[int, set[int]]:
        """From each place to others."""
        found: dict[int, set[int]] = {}
        for start, function in functions.items():
            found.setdefault(self.at(start), set()).update(map(self.at, function.calls))
        for section in self._loaded:
            self._add_words(section, found)
        for start, to in found.items():
            to -= {0, start}
        return found

    def _add_words(self, section: Section, found: dict[int, set[int]]) -> None:
        """Words hold the address of a place, or one with the bit for Thumb; instructions do not."""
        base = int(section["sh_addr"])
        code = bool(section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR)
        content = section.data()
        words = np.frombuffer(content[: len(content) // 4 * 4], "<u4")
        if base % 4 or not len(words) or not self.starts:
            return
        inside = (words >= self.starts[0]) & (words <= self.starts[-1] + self.size[self.starts[-1]])
        for index in np.flatnonzero(inside):
            place = base + 4 * int(index)
            to = self._meant(int(words[index]))
            if to and not (code and self._is_instruction(place)):
                found.setdefault(self.at(place), set()).add(to)

    def _meant(self, word: int) -> int:
        """The place that a word points to: to any byte of an object, to the start of a function."""
        place = self.at(word)
        return place if place not in self._functions or word == place | 1 else 0

    def _is_instruction(self, address: int) -> bool:
        """By the mapping symbols (ELF for the Arm Architecture, IHI 0044, 4.5.5)."""
        index = bisect.bisect_right(self._mapped, address) - 1
        return index >= 0 and self._mapping[self._mapped[index]] == _THUMB


def _closure(start: Iterable[int], references: Mapping[int, set[int]]) -> set[int]:
    found = set(start)
    todo = list(found)
    while todo:
        new = references.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found
