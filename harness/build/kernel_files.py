"""The kernels of a kernel set by its source files, before anything is built."""

from __future__ import annotations

import re
from pathlib import Path

from harness.domain.firmware import KernelSet
from harness.domain.kernel_code import LinkedKernel

# KERNEL of firmware/core/kernel.h, or a macro of a kernel's own that ends in it.
_KERNEL = re.compile(r'^\w*KERNEL\(\s*(0x[0-9a-fA-F]+|\d+)\s*,\s*"([^"]+)"', re.MULTILINE)


def kernel_files(kernel_set: KernelSet) -> tuple[LinkedKernel, ...]:
    """Every kernel of `kernel_set`, as its build would link it; what it calls is not known yet.

    Of files with one name the first folder's counts, as in the build.
    """
    files: dict[str, Path] = {}
    for folder in kernel_set.directories:
        for file in sorted(folder.glob("*.c")):
            files.setdefault(file.name, file)
    return tuple(
        LinkedKernel(
            opcode=int(code, 0),
            operator=operator,
            origin=file.parent.name,
            source=f"{file.parent.name}/{file.name}",
            fallback=kernel_set.is_fallback(operator, file.parent.name),
        )
        for file in files.values()
        for code, operator in _KERNEL.findall(file.read_text(encoding="utf-8"))
    )
