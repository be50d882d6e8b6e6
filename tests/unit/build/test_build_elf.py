"""Build id and sizes of an ELF, and every way in which a file is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from arm_elf_builder import ALLOC, PROGBITS, X86, Section, build_id_note, elf, firmware_elf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.build import ElfFacts, read_elf
from harness.domain.target import Memory, Region
from harness.errors import BuildError

MEMORY = Memory(
    code=Region(0, 0x10_0000),
    ram=Region(0x2000_0000, 0x4_0000),
    model_slot=Region(0x20_0000, 0x20_0000),
    arena=Region(0x2010_0000, 0x10_0000),
)
NOTE_BYTES = 16 + 20


def test_sizes_and_build_id(tmp_path: Path) -> None:
    path = tmp_path / "fw.elf"
    path.write_bytes(firmware_elf())
    assert read_elf(path, MEMORY) == ElfFacts(
        build_id=bytes(range(20)).hex(),
        flash_bytes=NOTE_BYTES + 100 + 8,  # the initial values of .data lie in flash too
        ram_bytes=8 + 32 + 4096,
        stack_bytes=4096,
    )


def test_elf_without_symbols_has_no_stack_size(tmp_path: Path) -> None:
    path = tmp_path / "fw.elf"
    path.write_bytes(elf(build_id_note(b"\x12\x34"), Section(".text", PROGBITS, ALLOC, 0, b"abcd")))
    assert read_elf(path, MEMORY) == ElfFacts("1234", 18 + 4, 0, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Magic number does not match"),
        (b"MZ" + bytes(100), "Magic number does not match"),
        (elf(Section(".text", PROGBITS, ALLOC, 0, b"abcd")), "it has no GNU build id"),
        (elf(build_id_note(b"1"), machine=X86), "its machine is EM_386"),
    ],
)
def test_files_that_are_no_firmware(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "fw.elf"
    path.write_bytes(content)
    with pytest.raises(BuildError) as caught:
        read_elf(path, MEMORY)
    assert caught.value.what == f"is not a complete ELF of an Arm firmware: {reason}"
    assert caught.value.where == str(path)
    assert caught.value.hint == "Build the firmware again."


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot be read: No such file or directory"):
        read_elf(tmp_path / "fw.elf", MEMORY)


def test_cut_at_any_length(tmp_path: Path) -> None:
    whole = firmware_elf()
    path = tmp_path / "fw.elf"
    for length in range(0, len(whole), 13):
        path.write_bytes(whole[:length])
        with pytest.raises(BuildError, match="is not a complete ELF"):
            read_elf(path, MEMORY)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, len(firmware_elf()) - 1), st.integers(0, 255))
def test_a_changed_byte_is_a_result_or_an_error(tmp_path: Path, at: int, value: int) -> None:
    content = bytearray(firmware_elf())
    content[at] = value
    path = tmp_path / "fw.elf"
    path.write_bytes(content)
    try:
        facts = read_elf(path, MEMORY)
    except BuildError:
        return
    assert isinstance(facts.build_id, str)
