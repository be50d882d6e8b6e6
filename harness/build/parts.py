"""What each part of a firmware takes in flash and RAM, read from its ELF.

Code and data belong to the source file that their debug information names (DWARF 5, 3.1.1: names
and ranges of compilation units). The toolchain's own libraries come without, or from elsewhere.
"""

from __future__ import annotations

import bisect
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.dwarf.ranges import RangeEntry
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, SymbolTableSection

from harness.build.elf import MALFORMED
from harness.domain.profile import FirmwareParts, Part
from harness.domain.target import Region
from harness.errors import BuildError

TOOLCHAIN = "libc"
REST = "strings, build id, padding"
_KERNELS = "firmware/kernels/"
TEXT = "MLPerf Tiny's text"
# Of the core; its other files bring requests in and answers out.
_CORE = {
    "firmware/core/engine.c": "engine",
    "firmware/core/image_check.c": "engine",
    "firmware/core/mlperf.c": TEXT,
    "firmware/core/text_out.c": TEXT,
}
_DW_OP_ADDR = 0x03


def read_parts(path: Path, library: str) -> FirmwareParts:
    """Take the firmware at `path` apart; `library` names the kernel library it was linked with.

    Raises:
        BuildError: no ELF of a firmware, or one without debug information.
    """
    try:
        elf = ELFFile(io.BytesIO(path.read_bytes()))
        if not elf.has_dwarf_info():
            raise ValueError("it has no debug information")
        return _Anatomy(elf, library).parts()
    except (OSError, *MALFORMED) as error:
        raise BuildError(
            f"cannot be taken apart: {error}",
            where=str(path),
            hint="Build the firmware again, with -g.",
        ) from error


def part_of(source: str, library: str) -> str:
    """The part that a source file belongs to, by the name that debug information has for it."""
    if source in _CORE:
        return _CORE[source]
    for start, part in (
        (_KERNELS, "kernels"),
        ("firmware/core/", "link"),
        ("firmware/ports/", "port"),
        (f"{library or '?'}/", library),
    ):
        if source.startswith(start):
            return part
    return TOOLCHAIN


@dataclass(frozen=True)
class _Symbol:
    name: str
    address: int
    size: int


class _Anatomy:
    def __init__(self, elf: ELFFile, library: str) -> None:
        self._elf = elf
        self._library = library
        self._memory = [
            section
            for section in elf.iter_sections()
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_size"]
        ]
        self._symbols: dict[int, _Symbol] = {}
        self._named: dict[str, int] = {}
        self._read_symbols()
        self._ranges: list[tuple[int, int, str]] = []
        self._variables: dict[int, str] = {}
        self._read_debug_information()
        self._starts = [start for start, _, _ in self._ranges]

    def parts(self) -> FirmwareParts:
        flash: Counter[str] = Counter()
        ram: Counter[str] = Counter()
        for section in self._memory:
            if section.name == ".stack":
                continue
            sizes = self._sizes(section)
            if section["sh_type"] != "SHT_NOBITS":
                flash.update(sizes)
            if section["sh_flags"] & SH_FLAGS.SHF_WRITE:
                ram.update(sizes)
        order = ["kernels", self._library, "engine", "link", TEXT, "port", TOOLCHAIN, REST]
        low, top = self._named["harness_bss_end"], self._named["harness_stack_top"]
        return FirmwareParts(
            parts=tuple(
                Part(name, flash[name], ram[name]) for name in order if flash[name] or ram[name]
            ),
            stack=Region(low, top - low),
        )

    def _sizes(self, section: Section) -> Counter[str]:
        """Bytes of a section by part; what nobody claims is strings and padding."""
        sizes: Counter[str] = Counter()
        start, end = section["sh_addr"], section["sh_addr"] + section["sh_size"]
        for low, high, source in self._ranges:
            if start <= low < high <= end:
                sizes[part_of(source, self._library)] += high - low
        for symbol in self._symbols.values():
            if start <= symbol.address < end and self._source_at(symbol.address) is None:
                source = self._variables.get(symbol.address, "")
                sizes[part_of(source, self._library)] += symbol.size
        sizes[REST] += section["sh_size"] - sum(sizes.values())
        return sizes

    def _source_at(self, address: int) -> str | None:
        """The file whose code lies at `address`."""
        at = bisect.bisect_right(self._starts, address) - 1
        if at >= 0 and address < self._ranges[at][1]:
            return self._ranges[at][2]
        return None

    def _read_symbols(self) -> None:
        for section in self._elf.iter_sections():
            if isinstance(section, SymbolTableSection):
                for symbol in section.iter_symbols():
                    kind, value = symbol["st_info"]["type"], int(symbol["st_value"])
                    self._named.setdefault(symbol.name, value)
                    if kind in ("STT_FUNC", "STT_OBJECT") and symbol["st_size"]:
                        address = value & ~1 if kind == "STT_FUNC" else value
                        size = int(symbol["st_size"])
                        self._symbols.setdefault(address, _Symbol(symbol.name, address, size))

    def _read_debug_information(self) -> None:
        dwarf = self._elf.get_dwarf_info()
        lists = dwarf.range_lists()
        code = [s for s in self._memory if s["sh_flags"] & SH_FLAGS.SHF_EXECINSTR]
        # What the linker left out lies at 0 in debug information, outside of all code.
        inside = [range(s["sh_addr"], s["sh_addr"] + s["sh_size"]) for s in code]
        for unit in dwarf.iter_CUs():
            top = unit.get_top_DIE()
            source = top.attributes["DW_AT_name"].value.decode()
            for low, high in _unit_ranges(top, lists, unit):
                if low < high and any(low in section for section in inside):
                    self._ranges.append((low, high, source))
            for entry in unit.iter_DIEs():
                address = _address_of_variable(entry)
                if address in self._symbols:
                    self._variables[address] = source
        self._ranges.sort()


def _unit_ranges(top: Any, lists: Any, unit: Any) -> Iterator[tuple[int, int]]:
    attributes: Mapping[str, Any] = top.attributes
    if "DW_AT_ranges" in attributes:
        offset = attributes["DW_AT_ranges"].value
        base = attributes["DW_AT_low_pc"].value if "DW_AT_low_pc" in attributes else 0
        for entry in lists.get_range_list_at_offset(offset, unit):
            if not isinstance(entry, RangeEntry):
                base = entry.base_address
            else:
                start = 0 if entry.is_absolute else base
                yield start + entry.begin_offset, start + entry.end_offset
    elif "DW_AT_high_pc" in attributes:
        low, high = attributes["DW_AT_low_pc"].value, attributes["DW_AT_high_pc"]
        relative = high.form != "DW_FORM_addr"
        yield low, low + high.value if relative else high.value


def _address_of_variable(entry: Any) -> int:
    """Where a variable of fixed address lies; -1 for anything else."""
    location = entry.attributes.get("DW_AT_location") if entry.tag == "DW_TAG_variable" else None
    value = location.value if location is not None else None
    if isinstance(value, list) and len(value) == 5 and value[0] == _DW_OP_ADDR:
        return int.from_bytes(bytes(value[1:]), "little")
    return -1
