"""Which kernel set each operator of a firmware came from, by the symbols of its ELF."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, SymbolTableSection

SECTION = "kernels"
# struct kernel of firmware/core/kernel.h: opcode, padding, and where name, prepare and invoke are.
_RECORD = struct.Struct("<HxxIII")


@dataclass(frozen=True)
class KernelEntry:
    """One `struct kernel`: opcode and name, the address of `invoke`, and its source file."""

    opcode: int
    operator: str
    invoke: int
    file: str


def kernel_entries(elf: ELFFile) -> Iterator[KernelEntry]:
    """Every kernel that the linker gathered; `file` is empty where `invoke` is not `static`."""
    section = elf.get_section_by_name(SECTION)
    records = section.data() if section else b""
    files = files_of_functions(elf)
    for opcode, name, _, invoke in _RECORD.iter_unpack(records):
        address = invoke & ~1  # bit 0 says Thumb
        yield KernelEntry(opcode, _string(elf, name), address, files.get(address, ""))


def origins(elf: ELFFile, folders: Sequence[Path]) -> dict[str, str]:
    """The kernel set of each operator: the name of the first folder that has its file."""
    found: dict[str, str] = {}
    for entry in kernel_entries(elf):
        owner = next((f.name for f in folders if entry.file and (f / entry.file).is_file()), "")
        if owner:
            found[entry.operator] = owner
    return found


def files_of_functions(elf: ELFFile) -> dict[int, str]:
    """The source file of each local function: the FILE symbol before it (ELF, symbol tables)."""
    found: dict[int, str] = {}
    for section in elf.iter_sections():
        if not isinstance(section, SymbolTableSection):
            continue
        file = ""
        for symbol in section.iter_symbols():
            kind, binding = symbol["st_info"]["type"], symbol["st_info"]["bind"]
            if kind == "STT_FILE":
                file = Path(symbol.name).name
            elif kind == "STT_FUNC" and binding == "STB_LOCAL":
                found[int(symbol["st_value"]) & ~1] = file
    return found


def _string(elf: ELFFile, address: int) -> str:
    """The zero-terminated text at `address`."""
    for section in elf.iter_sections():
        start = int(section["sh_addr"])
        if _is_loaded(section) and start <= address < start + int(section["sh_size"]):
            text: bytes = section.data()[address - start :].partition(b"\0")[0]
            return text.decode("ascii")
    raise ValueError(f"no string at 0x{address:08x}")


def _is_loaded(section: Section) -> bool:
    return bool(section["sh_flags"] & 2) and section["sh_type"] != "SHT_NOBITS"
