"""The first error in what CMake, compiler and linker print, as they print it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.build.compiler_log import build_failure, first_error
from harness.domain.target import Memory, Region
from harness.errors import CompileFailed, ImageTooLarge

MEMORY = Memory(
    code=Region(0, 0x8000),
    ram=Region(0x2000_0000, 0x1000),
    model_slot=Region(0x20_0000, 0x20_0000),
    arena=Region(0x2010_0000, 0x10_0000),
)
LOG = Path("cache/failed/k.log")

GCC = """\
[1/3] Building C object CMakeFiles/f.dir/a.c.obj
FAILED: CMakeFiles/f.dir/a.c.obj
/usr/bin/arm-none-eabi-gcc -O2 -Werror -c /src/a.c
/src/a.c: In function 'f':
/src/a.c:3:5: error: unused variable 'x' [-Werror=unused-variable]
    3 | int x;
cc1: all warnings being treated as errors
ninja: build stopped: subcommand failed.
"""
MISSING_HEADER = """\
/src/a.c:1:10: fatal error: nothing.h: No such file or directory
    1 | #include "nothing.h"
compilation terminated.
"""
UNDEFINED = """\
FAILED: harness-firmware.elf
/usr/lib/gcc/arm-none-eabi/12.2.1/../../../arm-none-eabi/bin/ld: main.c.obj: in function `main':
main.c:(.text.main+0x4): undefined reference to `port_init'
collect2: error: ld returned 1 exit status
"""
CMAKE = """\
-- The C compiler identification is GNU 12.2.1
CMake Error at CMakeLists.txt:12 (message):
  there is no port 'x'


-- Configuring incomplete, errors occurred!
"""
CMAKE_PLAIN = "CMake Error: Cannot find source file:\n"


@pytest.mark.parametrize(
    ("log", "where", "what"),
    [
        (GCC, "/src/a.c:3", "unused variable 'x' [-Werror=unused-variable]"),
        (MISSING_HEADER, "/src/a.c:1", "nothing.h: No such file or directory"),
        (UNDEFINED, "", "undefined reference to `port_init'"),
        (CMAKE, "CMakeLists.txt:12", "there is no port 'x'"),
        (CMAKE_PLAIN, "", "Cannot find source file:"),
        ("ninja: error: it is gone\n", "", "ninja: error: it is gone"),
        ("one\nlast words\n", "", "last words"),
        ("", "", "no output"),
    ],
)
def test_first_error(log: str, where: str, what: str) -> None:
    assert first_error(log) == (where, what)


def test_failure_names_build_place_and_log() -> None:
    error = build_failure(GCC, LOG, MEMORY, "board with set (O2)")
    assert isinstance(error, CompileFailed)
    assert str(error) == (
        "/src/a.c:3: the firmware for board with set (O2) does not build: "
        "unused variable 'x' [-Werror=unused-variable]\n"
        "  -> Correct what it names; the whole output is in cache/failed/k.log."
    )
    assert error.log == GCC
    assert error.exit_code == 3


def test_failure_without_a_place_points_at_the_log() -> None:
    assert build_failure(UNDEFINED, LOG, MEMORY, "b").where == str(LOG)


def test_region_overflow_has_need_and_have() -> None:
    log = (
        "ld: harness-firmware.elf section `.text' will not fit in region `code'\n"
        "ld: region `code' overflowed by 1234 bytes\ncollect2: error: ld returned 1 exit status\n"
    )
    error = build_failure(log, LOG, MEMORY, "board with set (O2)")
    assert isinstance(error, ImageTooLarge)
    assert (error.need, error.have) == (0x8000 + 1234, 0x8000)
    assert str(error) == (
        "board with set (O2): memory region code needs 34,002 bytes and has 32,768\n"
        "  -> Use a smaller kernel set or optimisation, or a target with more memory; "
        "the linker's output is in cache/failed/k.log."
    )


def test_overflow_of_a_region_no_target_has() -> None:
    error = build_failure("ld: region `dtcm' overflowed by 4 bytes\n", LOG, MEMORY, "b")
    assert isinstance(error, CompileFailed)
    assert "region `dtcm' overflowed by 4 bytes" in error.what
