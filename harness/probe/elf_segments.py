"""What of an ELF file goes into memory: the loadable segments at their physical addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from harness.errors import FlashFailed


@dataclass(frozen=True)
class Segment:
    """Bytes and the address (`p_paddr`) they are programmed to."""

    address: int
    data: bytes = field(repr=False)


def read_segments(elf: Path) -> list[Segment]:
    """Return the PT_LOAD segments that hold bytes, in file order.

    Raises:
        FlashFailed: the file is missing, is not an ELF, is cut, or has nothing to load.
    """
    hint = "Build the firmware again."
    try:
        with elf.open("rb") as file:
            segments = [
                Segment(segment["p_paddr"], segment.data())
                for segment in ELFFile(file).iter_segments("PT_LOAD")
                if segment["p_filesz"]
            ]
            whole = [segment["p_filesz"] for segment in ELFFile(file).iter_segments("PT_LOAD")]
    except OSError as error:
        raise FlashFailed(f"cannot be read: {error.strerror}", where=str(elf), hint=hint) from error
    except (ELFError, ValueError, KeyError) as error:
        raise FlashFailed(f"is not a usable ELF: {error}", where=str(elf), hint=hint) from error
    if not segments:
        raise FlashFailed("has no segment to load", where=str(elf), hint=hint)
    if [len(segment.data) for segment in segments] != [size for size in whole if size]:
        raise FlashFailed("ends within a segment", where=str(elf), hint=hint)
    return segments
