"""Firmware: which kernels and build settings were asked for, and the ELF that came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.domain.target import Target


@dataclass(frozen=True)
class KernelSet:
    """A set of operator implementations.

    `directories` are searched in order for `<operator>.c`; the first file of a name wins, so a set
    holds only the files in which it differs. `library` is empty or names the library it calls.

    `requires` are macros that the compiler must predefine for the core, each with what it stands
    for; `undefines` are predefined macros that kernels and library do not get to see. `fallbacks`
    are the extended sets that do not call `library`: their operators stand in for the library's,
    but for those in `exempt`, each with the reason why it is none. A run that names no kernel set
    takes those with `default`.
    """

    id: str
    title: str
    directories: tuple[Path, ...]
    library: str = ""
    requires: Mapping[str, str] = field(default_factory=dict)
    undefines: tuple[str, ...] = ()
    fallbacks: tuple[str, ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)
    default: bool = False

    def refusal(self, core: str, macros: Mapping[str, str]) -> str:
        """Why `core`, for which the compiler predefines `macros`, cannot run it; or nothing."""
        lacks = [
            f"{feature} ({macro})"
            for macro, feature in self.requires.items()
            if macros.get(macro, "0") == "0"
        ]
        if not lacks:
            return ""
        return f"{core} lacks {' and '.join(lacks)}, which kernel set {self.id} requires"

    def is_fallback(self, operator: str, origin: str) -> bool:
        """Whether `operator`, which came from the set `origin`, stands in for the library's."""
        return origin in self.fallbacks and operator not in self.exempt


CORE_DEFINES = {"HARNESS_MLPERF": "1", "HARNESS_MLPERF_ENERGY": "0"}
"""What a variant may change of every firmware, and its value otherwise: firmware/core/config.h."""


@dataclass(frozen=True)
class BuildVariant:
    """How firmware is compiled: optimisation level, compiler, and macros for single source files.

    An empty `compiler` is arm-none-eabi-gcc, which links in any case; another one has a toolchain
    file of its name in `firmware/cmake`.
    A variant that changes files of a `library` concerns only kernel sets that call it; one that
    changes `defines` of a target only targets that have all of them, CORE_DEFINES aside. One that
    names `operators` has the kernels of these alone, by the stems of their files.
    """

    id: str
    title: str
    optimisation: str
    file_defines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    library: str = ""
    compiler: str = ""
    defines: Mapping[str, str] = field(default_factory=dict)
    operators: tuple[str, ...] = ()

    def refusal(self, kernel_set: KernelSet, target: Target) -> str:
        """Why this variant changes nothing for `kernel_set` on `target`; or nothing."""
        if self.library not in ("", kernel_set.library):
            return (
                f"build variant {self.id} changes the library {self.library}, which "
                f"kernel set {kernel_set.id} does not call"
            )
        known = {*target.defines, *CORE_DEFINES}
        lacks = [name for name in self.defines if name not in known]
        if lacks:
            return f"build variant {self.id} changes {', '.join(lacks)}, which {target.id} lacks"
        return ""


@dataclass(frozen=True)
class Library:
    """A kernel library's source tree: name, version in its header, hash of the tree, and place."""

    name: str
    version: str
    tree_hash: str
    root: Path


@dataclass(frozen=True)
class DeviceHeaders:
    """A vendor's register header and the CMSIS core headers: where from, their hash, and places.

    `include` are the folders that the compiler searches.
    """

    name: str
    source: str
    tree_hash: str
    include: tuple[Path, ...]


@dataclass(frozen=True)
class Firmware:
    """One built ELF.

    `flash_bytes` is code and read-only data, `ram_bytes` statically allocated data without arena
    and model slot; `stack_bytes` of them are reserved for the stack. `kernels` gives, for each
    operator by its name, the kernel set its code came from; `fallbacks` are those of them that
    stand in for kernels which the set's library lacks.
    """

    elf: Path
    build_id: str
    target: str
    kernel_set: str
    variant: str
    compiler: str
    flags: str
    library: Library | None
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    from_cache: bool = False
    kernels: Mapping[str, str] = field(default_factory=dict)
    device_headers: DeviceHeaders | None = None
    fallbacks: tuple[str, ...] = ()
