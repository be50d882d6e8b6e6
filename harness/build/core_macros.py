"""What the compiler says of a core: the macros it predefines, and what follows for kernel sets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from harness.build.fingerprint import source_files
from harness.build.process import run
from harness.build.tools import COMPILER, find_tool
from harness.domain.firmware import KernelSet
from harness.domain.target import Core
from harness.errors import CompileFailed

_DEADLINE_S = 30.0
_DEFINE = "#define "


def core_macros(core: Core) -> Mapping[str, str]:
    """Each macro that arm-none-eabi-gcc predefines with the core's flags, and its value.

    `__ARM_FEATURE_DSP` and `__ARM_FEATURE_MVE` are among them where the core has these extensions
    (Arm C Language Extensions, section 5). Asked once per compiler and core.

    Raises:
        ToolMissing: the compiler is not installed.
        CompileFailed: it does not know these flags.
    """
    compiler = find_tool(COMPILER)
    state = compiler.stat()
    return _macros(compiler, state.st_mtime_ns, state.st_size, core)


@lru_cache(maxsize=64)
def _macros(compiler: Path, mtime_ns: int, size: int, core: Core) -> Mapping[str, str]:
    answer = run(
        [compiler, *core.flags, "-dM", "-E", "-x", "c", os.devnull],
        deadline_s=_DEADLINE_S,
        environment=os.environ | {"LC_ALL": "C"},
    )
    if answer.status != 0:
        first_line = answer.output.strip().partition("\n")[0]
        raise CompileFailed(
            f"{compiler.name} does not take the flags of {core.name}: {first_line}",
            where=" ".join(core.flags),
            hint="Correct core.flags in the target's file, or install a newer compiler.",
            log=answer.output,
        )
    lines = [line for line in answer.output.splitlines() if line.startswith(_DEFINE)]
    pairs = (line.removeprefix(_DEFINE).partition(" ") for line in lines)
    return MappingProxyType({name: value for name, _, value in pairs})


def build_identity(kernel_set: KernelSet, macros: Mapping[str, str]) -> tuple[object, ...]:
    """What decides the kernels of a build on the core that predefines `macros`.

    Two sets with the same identity differ in nothing but their names there: undefining what is not
    defined changes nothing, and a folder without sources adds none.
    """
    return (
        tuple(folder for folder in kernel_set.directories if source_files(folder)),
        kernel_set.library,
        frozenset(macro for macro in kernel_set.undefines if macro in macros),
    )
