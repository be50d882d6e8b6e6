"""One firmware build by CMake and Ninja, in a given folder: variables in, ELF and flags out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.build.process import run
from harness.build.tools import find_tool
from harness.domain.firmware import (
    CORE_DEFINES,
    BuildVariant,
    DeviceHeaders,
    KernelSet,
    Library,
)
from harness.domain.target import Target
from harness.domain.units import Fidelity

ELF_NAME = "harness-firmware.elf"
FLAGS_NAME = "flags.txt"
_DEADLINE_S = 600.0

# What a user's shell may set for other builds, and what would change this one unseen.
_IGNORED = {"CFLAGS", "ASMFLAGS", "LDFLAGS", "CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH"}


@dataclass(frozen=True)
class Sources:
    """The folders a firmware is made from, and CMake's toolchain file where it is not the usual."""

    firmware: Path
    port: Path
    kernels: tuple[Path, ...]
    library: Library | None
    toolchain: Path | None = None
    device_headers: DeviceHeaders | None = None

    @property
    def port_is_shipped(self) -> bool:
        """True where the port lies in the firmware's own `ports`."""
        return self.port.parent == self.firmware / "ports"


def settings(target: Target, kernel_set: KernelSet, variant: BuildVariant) -> dict[str, str]:
    """The CMake variables that hold no paths; lists are joined with semicolons."""
    memory = target.memory
    regions = {
        "CODE": memory.code,
        "RAM": memory.ram,
        "MODEL_SLOT": memory.model_slot,
        "ARENA": memory.arena,
    }
    defines = {**_defines(target), **variant.defines}
    chosen = {
        "HARNESS_TARGET": target.firmware_target,
        "HARNESS_KERNEL_SET": kernel_set.id,
        "HARNESS_CPU_FLAGS": ";".join(target.core.flags),
        "HARNESS_OPTIMISATION": variant.optimisation,
        "HARNESS_UNDEFINES": ";".join(kernel_set.undefines),
        "HARNESS_DEFINES": ";".join(f"{k}={v}" for k, v in sorted(defines.items())),
        "HARNESS_FILE_DEFINES": ";".join(
            f"{file}={macro}"
            for file, macros in sorted(variant.file_defines.items())
            for macro in macros
        ),
    }
    if variant.operators:
        chosen["HARNESS_OPERATORS"] = ";".join(variant.operators)
    if target.fidelity is Fidelity.SILICON or target.device_header:
        # The UART of a simulated board has no rate, and its firmware none to be built for.
        chosen["HARNESS_BAUD_RATE"] = str(target.baud_rate)
    if target.device_header:
        chosen["HARNESS_DEVICE_HEADER"] = target.device_header
    for name, region in regions.items():
        chosen[f"HARNESS_{name}_ORIGIN"] = f"0x{region.origin:08x}"
        chosen[f"HARNESS_{name}_LENGTH"] = f"0x{region.length:08x}"
    return chosen


def _defines(target: Target) -> dict[str, str]:
    """What core and port are told: by the target, and of it for MLPerf Tiny's text protocol."""
    board = target.firmware_target  # a twin runs the very firmware of its board
    simulated = target.fidelity is Fidelity.SIMULATED and board == target.id
    return {
        "HARNESS_DEVICE_NAME": f'"{board}{" simulated" if simulated else ""}"',
        **CORE_DEFINES,
        "HARNESS_TICK_COUNTS_Q8": f"{round(256 * target.counter.per_tick)}u",
        **target.defines,
    }


def places(sources: Sources, build: Path) -> dict[str, str]:
    """The CMake variables that hold paths, and flags that keep these paths out of the ELF.

    HARNESS_PORT is the name of a shipped port, or the absolute path of any other.
    """
    library = sources.library
    port = sources.port.name if sources.port_is_shipped else str(sources.port)
    chosen = {
        "HARNESS_PORT": port,
        "HARNESS_KERNEL_DIRS": ";".join(str(folder) for folder in sources.kernels),
    }
    if library is not None:
        name = library.name.upper().replace("-", "_")
        chosen[f"HARNESS_{name}_ROOT"] = str(library.root)
    if sources.device_headers is not None:
        chosen["HARNESS_DEVICE_INCLUDE"] = ";".join(map(str, sources.device_headers.include))
    flags = " ".join(
        f'"-ffile-prefix-map={path}={shown}"' for path, shown in _shown(sources, build).items()
    )
    if sources.toolchain is not None:
        chosen["CMAKE_TOOLCHAIN_FILE"] = str(sources.toolchain)
    chosen["CMAKE_C_FLAGS"] = flags
    chosen["CMAKE_ASM_FLAGS"] = flags
    return chosen


def _shown(sources: Sources, build: Path) -> dict[Path, str]:
    """What debug information calls each folder; of two that match, the compiler takes the last."""
    shown = {build: "build", sources.firmware: "firmware"}
    if not sources.port_is_shipped:
        shown[sources.port] = f"firmware/ports/{sources.port.name}"
    for folder in sources.kernels:
        if not folder.is_relative_to(sources.firmware):
            shown[folder] = f"firmware/kernels/{folder.name}"
    if sources.library is not None:
        shown[sources.library.root] = sources.library.name
    if sources.device_headers is not None:
        for folder in sources.device_headers.include:
            shown[folder] = f"device-headers/{folder.name}"
    return shown


def configure_and_build(
    firmware_root: Path, build: Path, variables: Mapping[str, str], compiler: Path
) -> tuple[bool, str]:
    """Run CMake and Ninja in the folder `build`; return whether both succeeded, and their output.

    Raises:
        ToolMissing: cmake or ninja is not installed.
        BuildError: a step did not end in time.
    """
    cmake, ninja = find_tool("cmake"), find_tool("ninja")
    definitions = [f"-D{name}={value}" for name, value in variables.items()]
    commands: list[list[str | Path]] = [
        [
            cmake,
            "-G",
            "Ninja",
            "-S",
            firmware_root,
            "-B",
            build,
            f"-DCMAKE_MAKE_PROGRAM={ninja}",
            f"-DCMAKE_C_COMPILER={compiler}",
            f"-DCMAKE_ASM_COMPILER={compiler}",
            *definitions,
        ],
        [ninja, "-C", build],
    ]
    log = ""
    for command in commands:
        finished = run(command, deadline_s=_DEADLINE_S, environment=_environment())
        log += finished.output
        if finished.status != 0:
            return False, log
    return True, log


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _IGNORED and not name.startswith("CMAKE_")
    }
    # Messages are parsed, so they must not be translated.
    return kept | {"LC_ALL": "C"}
