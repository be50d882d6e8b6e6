"""Which bytes of an ELF are programmed, and what is said of a file that is none."""

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import FlashFailed
from harness.probe.elf_segments import Segment, read_segments

PT_LOAD, PT_NOTE = 1, 4


def elf_file(segments: list[tuple[int, int, int, bytes]]) -> bytes:
    """Lay out a 32-bit little-endian ARM executable: (type, virtual, physical address, bytes)."""
    header_size, entry_size = 52, 32
    offset = header_size + entry_size * len(segments)
    headers, body = b"", b""
    for kind, virtual, physical, data in segments:
        at = offset + len(body)
        headers += struct.pack("<8I", kind, at, virtual, physical, len(data), len(data) + 8, 5, 4)
        body += data
    ident = b"\x7fELF\x01\x01\x01" + bytes(9)
    fields = (2, 40, 1, 0, header_size, 0, 0x0500_0000, 52, entry_size, len(segments), 0, 0, 0)
    return ident + struct.pack("<HHIIIIIHHHHHH", *fields) + headers + body


GOOD = elf_file(
    [
        (PT_LOAD, 0x0, 0x0800_0000, b"code"),
        (PT_NOTE, 0x0, 0x0800_0000, b"note"),
        (PT_LOAD, 0x2000_0000, 0x0800_0100, b"initial data"),
        (PT_LOAD, 0x2000_1000, 0x2000_1000, b""),
    ]
)


def test_loadable_bytes_at_physical_addresses(tmp_path: Path) -> None:
    elf = tmp_path / "a.elf"
    elf.write_bytes(GOOD)
    assert read_segments(elf) == [
        Segment(0x0800_0000, b"code"),
        Segment(0x0800_0100, b"initial data"),
    ]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is not a usable ELF"),
        (b"MZ not an ELF at all", "is not a usable ELF"),
        (GOOD[:-4], "ends within a segment"),
        (elf_file([]), "has no segment to load"),
        (elf_file([(PT_LOAD, 0, 0, b"")]), "has no segment to load"),
    ],
)
def test_files_that_cannot_be_programmed(tmp_path: Path, content: bytes, what: str) -> None:
    elf = tmp_path / "a.elf"
    elf.write_bytes(content)
    with pytest.raises(FlashFailed) as caught:
        read_segments(elf)
    assert caught.value.what.startswith(what)
    assert caught.value.where == str(elf)
    assert caught.value.hint == "Build the firmware again."


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FlashFailed, match="cannot be read: No such file or directory"):
        read_segments(tmp_path / "none.elf")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4))
def test_damage_is_an_error_or_harmless(tmp_path: Path, at: int, patch: bytes) -> None:
    elf = tmp_path / "a.elf"
    elf.write_bytes(GOOD[:at] + patch + (GOOD[at + len(patch) :] if patch else b""))
    try:
        segments = read_segments(elf)
    except FlashFailed:
        return
    assert segments
