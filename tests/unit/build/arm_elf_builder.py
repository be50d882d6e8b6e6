"""Writes small ELF files for Arm by hand, so that tests of the ELF reader need no compiler."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PROGBITS, SYMTAB, STRTAB, NOTE, NOBITS = 1, 2, 3, 7, 8
WRITE, ALLOC, EXECUTE = 1, 2, 4
ARM, X86 = 40, 3


@dataclass(frozen=True)
class Section:
    """One section; a NOBITS section has `size` bytes and no content."""

    name: str
    kind: int
    flags: int
    address: int
    content: bytes = b""
    size: int = 0
    link: int = 0
    entry_size: int = 0


def build_id_note(build_id: bytes) -> Section:
    """The note that `ld --build-id` writes."""
    note = struct.pack("<III4s", 4, len(build_id), 3, b"GNU\0") + build_id
    return Section(".note.gnu.build-id", NOTE, ALLOC, 0x100, note)


def symbols(index_of_strings: int, **values: int) -> tuple[Section, Section]:
    """A table of absolute symbols and its strings; the strings must be section number given."""
    names, table = b"\0", struct.pack("<IIIBBH", 0, 0, 0, 0, 0, 0)
    for name, value in values.items():
        table += struct.pack("<IIIBBH", len(names), value, 0, 0x10, 0, 0xFFF1)
        names += name.encode() + b"\0"
    return (
        Section(".symtab", SYMTAB, 0, 0, table, link=index_of_strings, entry_size=16),
        Section(".strtab", STRTAB, 0, 0, names),
    )


def elf(*sections: Section, machine: int = ARM) -> bytes:
    """An ELF32 file, little-endian; section numbers count from 1 in the order given."""
    names, offsets_of_names = b"\0", []
    for name in [*(section.name for section in sections), ".shstrtab"]:
        offsets_of_names.append(len(names))
        names += name.encode() + b"\0"
    everything = [*sections, Section(".shstrtab", STRTAB, 0, 0, names)]
    body, headers = b"", bytes(40)
    for section, name_at in zip(everything, offsets_of_names, strict=True):
        offset = 52 + len(body)
        body += section.content
        headers += struct.pack(
            "<10I",
            name_at,
            section.kind,
            section.flags,
            section.address,
            offset,
            section.size or len(section.content),
            section.link,
            0,
            4,
            section.entry_size,
        )
    count = len(everything) + 1
    header = struct.pack(
        "<16sHHIIIIIHHHHHH",
        b"\x7fELF\x01\x01\x01",
        2,
        machine,
        1,
        0,
        0,
        52 + len(body),
        0x5000400,
        52,
        32,
        0,
        40,
        count,
        count - 1,
    )
    return header + body + headers


def firmware_elf(build_id: bytes = bytes(range(20))) -> bytes:
    """A firmware with 100 bytes of code, 8 of data, 32 of bss and a stack of 4096."""
    return elf(
        build_id_note(build_id),
        Section(".text", PROGBITS, ALLOC | EXECUTE, 0x200, bytes(100)),
        Section(".data", PROGBITS, ALLOC | WRITE, 0x2000_0000, bytes(8)),
        Section(".bss", NOBITS, ALLOC | WRITE, 0x2000_0008, size=32),
        Section(".stack", NOBITS, ALLOC | WRITE, 0x2003_F000, size=4096),
        Section(".debug_info", PROGBITS, 0, 0, bytes(5000)),
        *symbols(8, other=7, __stack_size=4096),
    )
