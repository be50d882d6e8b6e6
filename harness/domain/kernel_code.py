"""What a linked firmware shows of its kernels: where each came from, what it calls, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from harness.domain.target import Region

NEEDED_FLASH = "flash_needed"
"""The reading of what a firmware with a model's operators alone would take of flash."""


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

    `source` is its file, with the set's name before it (`cmsis-nn/add.c`); `fallback` says that it
    stands in for a kernel which the set's library lacks. Which of several functions runs depends on
    shapes; what is not in `functions` never runs. `flash` are the places of code and constants that
    it reaches, and that nothing reaches but kernels.
    """

    opcode: int
    operator: str
    origin: str
    source: str = ""
    functions: tuple[LinkedFunction, ...] = ()
    fallback: bool = False
    flash: frozenset[Region] = field(default=frozenset(), repr=False, compare=False)

    @property
    def paths(self) -> tuple[CodePath, ...]:
        """The paths among its functions, the most special first; none where it calls no library."""
        found = {function.path for function in self.functions}
        return tuple(path for path in CodePath if path in found)

    @property
    def calls(self) -> tuple[str, ...]:
        """The functions that its own code calls; none where it computes by itself."""
        return tuple(function.name for function in self.functions if function.direct)


@dataclass(frozen=True)
class OperatorKernel:
    """The code that operator `index` of a model ran.

    `calls` are the library's functions that its kernel calls, `path` the most special one among
    all that it can reach, or None where it calls no library.
    """

    index: int
    operator: str
    source: str
    calls: tuple[str, ...] = ()
    path: CodePath | None = None
    fallback: bool = False
