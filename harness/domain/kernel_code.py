"""What a linked firmware shows of its kernels: where each came from, what it calls, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CodePath(StrEnum):
    """Which of the core's extensions a function's machine code uses by its own instructions."""

    MVE = "mve"
    DSP = "dsp"
    SCALAR = "scalar"


@dataclass(frozen=True)
class LinkedFunction:
    """A function of the kernel library in a firmware; `direct` where a kernel calls it."""

    name: str
    path: CodePath
    direct: bool


@dataclass(frozen=True)
class LinkedKernel:
    """One operator: the set its code came from, and the library functions it can reach.

    Which of several functions runs depends on shapes; what is not in `functions` never runs.
    """

    operator: str
    origin: str
    functions: tuple[LinkedFunction, ...]

    @property
    def paths(self) -> tuple[CodePath, ...]:
        """The paths among its functions, the most special first; none where it calls no library."""
        found = {function.path for function in self.functions}
        return tuple(path for path in CodePath if path in found)
