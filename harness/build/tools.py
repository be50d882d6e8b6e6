"""The programs a build needs: where they are, and which package has them."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path

from harness.build.process import run
from harness.errors import CompileFailed, ToolMissing

COMPILER = "arm-none-eabi-gcc"

_PACKAGES = {
    "clang": "clang",
    "cmake": "cmake",
    "ninja": "ninja-build",
    COMPILER: "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "arm-none-eabi-objdump": "binutils-arm-none-eabi",
}
_VERSION_DEADLINE_S = 30.0


def find_tool(name: str) -> Path:
    """The program `name` on PATH.

    Raises:
        ToolMissing: it is not there; the hint says which package to install.
    """
    found = shutil.which(name)
    if found is None:
        raise ToolMissing(
            f"{name} is not installed, or not on PATH",
            where=name,
            hint=f"Install it: sudo apt-get install {_PACKAGES.get(name, name)}.",
        )
    return Path(found)


def compiler_version(compiler: Path) -> str:
    """The first line that the compiler says of itself, asked once per program file.

    Raises:
        CompileFailed: it does not answer with its version.
    """
    state = compiler.stat()
    return _version(compiler, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)
def _version(compiler: Path, mtime_ns: int, size: int) -> str:
    answer = run([compiler, "--version"], deadline_s=_VERSION_DEADLINE_S)
    first_line = answer.output.partition("\n")[0].strip()
    if answer.status != 0 or not first_line:
        raise CompileFailed(
            f"--version ended with status {answer.status}: {first_line}",
            where=str(compiler),
            hint="Install the compiler again.",
            log=answer.output,
        )
    return first_line
