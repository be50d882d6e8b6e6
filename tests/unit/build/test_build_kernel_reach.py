"""What only kernels reach: a firmware of a few functions whose sizes the linker tells, too."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.bench.needed_flash import needed_flash
from harness.build.linked_kernels import linked_kernels
from harness.catalog import target
from harness.domain.firmware import Firmware
from harness.domain.image import OperatorSummary
from harness.domain.kernel_code import NEEDED_FLASH, LinkedKernel
from harness.domain.measurement import Measurement, Missing

GCC = shutil.which("arm-none-eabi-gcc")
pytestmark = pytest.mark.skipif(GCC is None, reason="needs arm-none-eabi-gcc")
BOARD = target("mps2-an386")
KERNEL = """
struct kernel { unsigned short opcode; const char *name; int (*prepare)(int); int (*invoke)(int); };
#define NOINLINE __attribute__((noinline))
#define KERNEL(code, label) \\
    __attribute__((used, section("kernels"))) const struct kernel kernel_##code = \\
        {code, label, prepare, invoke}
int sums(int), of_core(int), of_both(int), of_two(int);
"""
# A table of 100 words for one, a callback for two, and one function that the core calls as well.
SOURCES = {
    "core.c": """
        struct kernel { unsigned short opcode; const char *name; int (*prepare)(int);
                        int (*invoke)(int); };
        extern const struct kernel first[], last[];
        int of_core(int x) { __asm volatile(".space 64"); return x; }
        int of_both(int x) { __asm volatile(".space 32"); return x; }
        int main(void) { int sum = of_core(1);
            for (const struct kernel *k = first; k < last; k++) sum += k->invoke(k->prepare(sum));
            return sum; }""",
    "one.c": KERNEL
    + """
        static const int table[100] = {1, 2, 3};
        static NOINLINE int look(int x) { return table[x]; }
        static int prepare(int x) { return of_core(x); }
        static int invoke(int x) { return look(x) + of_both(x); }
        KERNEL(1, "ONE");""",
    "two.c": KERNEL
    + """
        static NOINLINE int each(int x) { __asm volatile(".space 128"); return x; }
        static NOINLINE int all(int (*volatile f)(int), int x) { return f(x); }
        static int prepare(int x) { return x; }
        static int invoke(int x) { return all(each, x) + of_both(x) + of_two(x); }
        KERNEL(2, "TWO");""",
    "library.c": 'int of_two(int x) { __asm volatile(".space 256"); return x; }',
}
SCRIPT = """
ENTRY(main)
SECTIONS {
  .text 0x1000 : { *(.text .text.*) }
  .rodata : { *(.rodata .rodata.*) }
  kernels : ALIGN(4) { first = .; KEEP(*(kernels)) last = .; }
}
"""


def linked(folder: Path, *left_out: str) -> Firmware:
    """The firmware without some of its sources, as the linker makes it."""
    folder.mkdir()
    sources = {name: text for name, text in SOURCES.items() if name not in left_out}
    for name, text in sources.items():
        (folder / name).write_text(text)
    (folder / "link.ld").write_text(SCRIPT)
    command = [
        *(str(GCC), "-mcpu=cortex-m4", "-mthumb", "-O1", "-nostdlib", "-ffunction-sections"),
        *("-fdata-sections", "-Wl,--gc-sections", "-T", "link.ld", "-o", "small.elf", *sources),
    ]
    subprocess.run(command, cwd=folder, check=True, timeout=60)
    size = subprocess.run(
        ["arm-none-eabi-size", "-A", "small.elf"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    flash = sum(
        int(words[1])
        for words in map(str.split, size.stdout.splitlines())
        if words and words[0] in (".text", ".rodata", "kernels")
    )
    return Firmware(
        *(folder / "small.elf", "00", "desk", "nn", "O2", "gcc", "-O1", None, flash, 0, 0)
    )


def operator(opcode: int) -> OperatorSummary:
    return OperatorSummary(0, str(opcode), 0, 0, 0, 0, opcode)


def needed(firmware: Firmware, kernels: list[LinkedKernel], *opcodes: int) -> float:
    found = needed_flash(firmware, kernels, map(operator, opcodes), BOARD)
    assert isinstance(found, Measurement)
    assert (found.quantity, found.unit.value, found.n) == (NEEDED_FLASH, "bytes", 1)
    return found.value


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    return linked(tmp_path_factory.mktemp("reach") / "all")


def test_nothing_is_spared_where_all_are_needed(firmware: Firmware) -> None:
    kernels = linked_kernels(firmware)
    assert needed(firmware, kernels, 1, 2) == firmware.flash_bytes


@pytest.mark.parametrize(
    ("opcode", "left_out"), [(1, ("two.c", "library.c")), (2, ("one.c",))], ids=["one", "two"]
)
def test_it_is_what_the_linker_makes_of_the_others(
    firmware: Firmware, tmp_path: Path, opcode: int, left_out: tuple[str, ...]
) -> None:
    """But for the name of the kernel that is left out, and padding: never less, 12 more at most."""
    found = needed(firmware, linked_kernels(firmware), opcode)
    really = linked(tmp_path / "fewer", *left_out).flash_bytes
    assert really <= found <= really + 12
    assert firmware.flash_bytes - found > 400


def test_what_the_core_or_both_reach_stays(firmware: Firmware) -> None:
    """`of_core` (64 bytes) always; `of_both` (32) for either, and it goes where neither is."""
    kernels = linked_kernels(firmware)
    one, two, none = (needed(firmware, kernels, *of) for of in ((1,), (2,), ()))
    assert none > 64
    # one + two - all - none is what both have, and nothing else has: 32 bytes and `bx lr`.
    assert one + two - firmware.flash_bytes - none == 34


def test_a_firmware_without_references_has_no_number(firmware: Firmware) -> None:
    bare = [LinkedKernel(1, "ONE", "nn")]
    found = needed_flash(firmware, bare, [operator(1)], BOARD)
    assert found == Missing(NEEDED_FLASH, "the firmware does not show what its kernels reach")
