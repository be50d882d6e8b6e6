"""The smallest ELF file that puts given bytes at given addresses."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

_ARM = 40
_LOAD = 1
_HEADER_BYTES = 52
_ENTRY_BYTES = 32


def write_elf(path: Path, segments: Mapping[int, bytes]) -> Path:
    """Write an executable for Arm whose loadable segments are `segments`, by address."""
    ident = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)
    header = struct.pack(
        *("<HHIIIIIHHHHHH", 2, _ARM, 1, min(segments), _HEADER_BYTES, 0, 0),
        *(_HEADER_BYTES, _ENTRY_BYTES, len(segments), 0, 0, 0),
    )
    at = _HEADER_BYTES + _ENTRY_BYTES * len(segments)
    entries, contents = b"", b""
    for address, data in segments.items():
        offset = at + len(contents)
        entries += struct.pack(
            *("<IIIIIIII", _LOAD, offset, address, address, len(data), len(data), 7, 4)
        )
        contents += data
    path.write_bytes(ident + header + entries + contents)
    return path
