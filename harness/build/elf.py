"""What an ELF says of itself: its GNU build id, and the bytes it takes in each memory."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import NoteSection, Section, SymbolTableSection

from harness.build.origins import origins
from harness.domain.target import Memory, Region
from harness.errors import BuildError

# Absolute symbol of the linker layout: bytes reserved for the stack.
STACK_SYMBOL = "__stack_size"

# What pyelftools lets through when it meets a damaged file.
MALFORMED = (
    ELFError,
    ConstructError,
    struct.error,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    AssertionError,
)


@dataclass(frozen=True)
class ElfFacts:
    """Build id in hex, and sizes in bytes.

    `flash_bytes`: code, constants and the initial values of variables. `ram_bytes`: everything that
    lies in the target's `ram` region, stack included; `stack_bytes` of them are the stack's.
    `kernels` names the folder each operator's code came from.
    """

    build_id: str
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    kernels: Mapping[str, str] = field(default_factory=dict)


def read_elf(path: Path, memory: Memory, kernel_folders: Sequence[Path] = ()) -> ElfFacts:
    """Read the ELF at `path`, linked for `memory` with kernels of `kernel_folders`.

    Raises:
        BuildError: no ELF for Arm, a truncated one, or one without a build id.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BuildError(
            f"cannot be read: {error.strerror}", where=str(path), hint="Build the firmware again."
        ) from error
    try:
        return _facts(ELFFile(io.BytesIO(content)), memory, len(content), kernel_folders)
    except MALFORMED as error:
        raise BuildError(
            f"is not a complete ELF of an Arm firmware: {error}",
            where=str(path),
            hint="Build the firmware again.",
        ) from error


def _facts(
    elf: ELFFile, memory: Memory, file_bytes: int, kernel_folders: Sequence[Path]
) -> ElfFacts:
    if elf["e_machine"] != "EM_ARM" or elf.elfclass != 32:
        raise ValueError(f"its machine is {elf['e_machine']}")
    build_id, flash, ram, stack = "", 0, 0, 0
    for section in elf.iter_sections():
        stored = section["sh_type"] != "SHT_NOBITS"
        size = int(section["sh_size"])
        if stored and section["sh_offset"] + size > file_bytes:
            raise ValueError(f"section {section.name} ends beyond the file")
        if isinstance(section, NoteSection):
            build_id = build_id or _build_id(section)
        if isinstance(section, SymbolTableSection):
            stack = stack or _stack(section)
        if section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
            flash += size if stored else 0
            ram += size if _lies_in(section, memory.ram) else 0
    if not build_id:
        raise ValueError("it has no GNU build id")
    return ElfFacts(
        build_id=build_id,
        flash_bytes=flash,
        ram_bytes=ram,
        stack_bytes=stack,
        kernels=origins(elf, kernel_folders),
    )


def _build_id(section: NoteSection) -> str:
    for note in section.iter_notes():
        if note["n_type"] == "NT_GNU_BUILD_ID":
            return str(note["n_desc"])
    return ""


def _stack(section: SymbolTableSection) -> int:
    symbols = section.get_symbol_by_name(STACK_SYMBOL) or []
    return int(symbols[0]["st_value"]) if symbols else 0


def _lies_in(section: Section, region: Region) -> bool:
    address = int(section["sh_addr"])
    return region.origin <= address < region.origin + region.length
