"""A firmware taken apart: what belongs where, and which library functions a kernel calls."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from arm_elf_builder import firmware_elf

from harness.build.linked_kernels import linked_kernels
from harness.build.parts import part_of, read_parts
from harness.domain.firmware import Firmware
from harness.domain.kernel_code import CodePath, LinkedFunction, LinkedKernel
from harness.domain.profile import Part
from harness.domain.target import Region
from harness.errors import BuildError

GCC = shutil.which("arm-none-eabi-gcc")
needs_compiler = pytest.mark.skipif(GCC is None, reason="needs arm-none-eabi-gcc")


@pytest.mark.parametrize(
    ("source", "library", "part"),
    [
        ("firmware/core/engine.c", "", "engine"),
        ("firmware/core/image_check.c", "nn", "engine"),
        ("firmware/core/messages.c", "nn", "link"),
        ("firmware/ports/common/startup.c", "nn", "port"),
        ("firmware/kernels/cmsis-nn/add.c", "nn", "kernels"),
        ("nn/Source/arm_add.c", "nn", "nn"),
        ("nn/Source/arm_add.c", "", "libc"),
        ("../../newlib/libc/string/memcpy.c", "nn", "libc"),
        ("", "nn", "libc"),
    ],
)
def test_a_source_file_belongs_to_a_part(source: str, library: str, part: str) -> None:
    assert part_of(source, library) == part


SOURCES = {
    "firmware/core/engine.c": "int state[64]; int main(void) { return state[0]; }",
    "firmware/kernels/nn/add.c": """
        struct kernel { unsigned short opcode; const char *name; int (*prepare)(void);
                        int (*invoke)(void); };
        int lib_add(void); int lib_unused(void);
        static int __attribute__((noinline)) helper(void) { return lib_add() + 1; }
        static int invoke(void) { return helper() + 1; }
        static int prepare(void) { return 0; }
        __attribute__((used, section("kernels"))) const struct kernel k =
            {7, "ADD", prepare, invoke};""",
    "firmware/ports/p/port.c": "int volatile ticks = 5; void reset(void) { ticks++; }",
    "nn/add.c": """
        int lib_add(void) { __asm volatile("nop"); return 1; }
        int lib_unused(void) { return 2; }""",
}
SCRIPT = """
ENTRY(reset)
SECTIONS {
  .text 0x1000 : { *(.text .text.*) }
  .rodata : { *(.rodata .rodata.*) }
  kernels : ALIGN(4) { KEEP(*(kernels)) }
  .data 0x20000000 : { *(.data .data.*) }
  .bss : { *(.bss .bss.* COMMON) harness_bss_end = .; }
  harness_stack_top = 0x20010000;
}
"""


@pytest.fixture(scope="module")
def small_firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files, linked without a C library."""
    folder = tmp_path_factory.mktemp("parts")
    for name, text in SOURCES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "link.ld").write_text(SCRIPT)
    command = [
        *(str(GCC), "-mcpu=cortex-m4", "-mthumb", "-O1", "-g", "-nostdlib", "-ffunction-sections"),
        *("-Wl,--gc-sections", "-Wl,--undefined=main", "-T", "link.ld", "-o", "small.elf"),
        *SOURCES,
    ]
    subprocess.run(command, cwd=folder, check=True, timeout=60)
    return folder / "small.elf"


@needs_compiler
def test_every_byte_of_flash_and_ram_is_somebodys(small_firmware: Path) -> None:
    found = read_parts(small_firmware, "nn")
    listed = subprocess.run(
        ["arm-none-eabi-size", "-A", small_firmware], capture_output=True, text=True, check=True
    ).stdout
    sizes = {
        words[0]: int(words[1])
        for words in map(str.split, listed.splitlines())
        if len(words) == 3 and words[1].isdigit()
    }
    flash = sum(sizes.get(name, 0) for name in (".text", ".rodata", "kernels", ".data"))
    assert sum(part.flash_bytes for part in found.parts) == flash
    assert sum(part.ram_bytes for part in found.parts) == 4 + 256
    by_name = {part.name: part for part in found.parts}
    assert by_name["engine"].ram_bytes == 256
    assert by_name["port"].ram_bytes == 4
    assert by_name["kernels"].flash_bytes >= 16  # the record alone
    assert by_name["nn"] == Part("nn", 6, 0)  # nop, movs, bx: what is unused was left out
    assert "libc" not in by_name
    assert found.stack == Region(0x2000_0104, 0x1_0000 - 0x104)


def as_built(elf: Path, **facts: Any) -> Firmware:
    """The small firmware with what a build would know of it."""
    return Firmware(
        *(elf, "00", "desk", "nn", "O2", "gcc", "-O1", None, 0, 0, 0),
        **({"kernels": {"ADD": "nn"}} | facts),
    )


@needs_compiler
def test_a_kernel_is_known_by_its_file_and_the_library_functions_it_calls(
    small_firmware: Path,
) -> None:
    called = LinkedFunction("lib_add", CodePath.SCALAR, direct=True)
    (kernel,) = linked_kernels(as_built(small_firmware), library_prefix="lib_")
    assert kernel == LinkedKernel(7, "ADD", "nn", "nn/add.c", (called,))
    assert (kernel.calls, kernel.paths) == (("lib_add",), (CodePath.SCALAR,))
    (alone,) = linked_kernels(as_built(small_firmware))
    assert (alone.calls, alone.paths) == ((), ())


@needs_compiler
def test_a_kernel_that_stands_in_for_the_library_s_is_labelled(small_firmware: Path) -> None:
    firmware = as_built(small_firmware, kernels={"ADD": "plain"}, fallbacks=("ADD",))
    (kernel,) = linked_kernels(firmware)
    assert (kernel.source, kernel.fallback) == ("plain/add.c", True)
    (unknown,) = linked_kernels(as_built(small_firmware, kernels={}))
    assert (unknown.origin, unknown.source, unknown.fallback) == ("", "add.c", False)


@needs_compiler
def test_a_firmware_that_changed_in_its_place_is_taken_apart_anew(
    small_firmware: Path, tmp_path: Path
) -> None:
    """What was found is kept for the next case, by the content and not by the name."""
    elf = Path(shutil.copy(small_firmware, tmp_path))
    assert linked_kernels(as_built(elf)) == linked_kernels(as_built(elf))
    elf.write_bytes(b"something else")
    with pytest.raises(BuildError, match="cannot be disassembled"):
        linked_kernels(as_built(elf))


@needs_compiler
def test_a_firmware_without_debug_information_is_refused(
    small_firmware: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.elf"
    subprocess.run(["arm-none-eabi-strip", "-g", "-o", bare, small_firmware], check=True)
    with pytest.raises(BuildError) as caught:
        read_parts(bare, "nn")
    assert str(caught.value) == (
        f"{bare}: cannot be taken apart: it has no debug information\n"
        "  -> Build the firmware again, with -g."
    )


@pytest.mark.parametrize("content", [b"", b"\x7fELF", firmware_elf()[:200]])
def test_what_is_no_elf_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fw.elf"
    path.write_bytes(content)
    with pytest.raises(BuildError, match="cannot be taken apart"):
        read_parts(path, "")


@needs_compiler
@pytest.mark.parametrize("keep", [100, 1000, 4000])
def test_a_truncated_firmware_is_refused(small_firmware: Path, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.elf"
    path.write_bytes(small_firmware.read_bytes()[:keep])
    with pytest.raises(BuildError):
        read_parts(path, "nn")
