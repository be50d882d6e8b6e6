"""Stand-ins for cmake, ninja and the Arm compiler: programs on a PATH of their own."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from arm_elf_builder import firmware_elf

from harness.domain.firmware import BuildVariant, KernelSet
from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit

TARGET = Target(
    id="desk",
    title="Desk",
    fidelity=Fidelity.SIMULATED,
    core=Core("Cortex-M7", ("-mcpu=cortex-m7", "-mthumb")),
    port="mine",
    clock_hz=25_000_000,
    memory=Memory(
        code=Region(0, 0x10_0000),
        ram=Region(0x2000_0000, 0x4_0000),
        model_slot=Region(0x20_0000, 0x20_0000),
        arena=Region(0x2010_0000, 0x10_0000),
    ),
    counter=CounterMeaning("systick-icount", Unit.INSTRUCTIONS, 40),
    machine="qemu",
    machine_options={},
    pyocd_target="cortex_m",
    baud_rate=115200,
    defines={"B": "2", "A": "1"},
)
VARIANT = BuildVariant("O2", "-O2", "-O2", {"fc.c": ("ONE", "TWO=2")})


@dataclass(frozen=True)
class FakeToolchain:
    """Programs in `bin`, firmware sources, and the log of what was started."""

    root: Path

    @property
    def bin(self) -> Path:
        """The folder that alone is on PATH."""
        return self.root / "bin"

    @property
    def firmware(self) -> Path:
        """The firmware's source tree."""
        return self.root / "firmware"

    @property
    def kernel_set(self) -> KernelSet:
        """A kernel set of two folders."""
        kernels = self.firmware / "kernels"
        return KernelSet("fast", "Fast", (kernels / "fast", kernels / "plain"))

    @property
    def calls(self) -> list[list[str]]:
        """Each start of cmake or ninja: its words."""
        log = self.root / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.split("\t") for line in lines]

    def program(self, name: str, body: str) -> None:
        """Install a Python program that first writes its words to the log."""
        path = self.bin / name
        path.write_text(
            f"#!{sys.executable} -IS\n"
            "import os, pathlib, sys\n"
            f"with open({str(self.root / 'calls')!r}, 'a') as log:\n"
            "    print(*[pathlib.Path(sys.argv[0]).name, *sys.argv[1:]], sep='\\t', file=log)\n"
            f"{body}\n"
        )
        path.chmod(0o755)

    def compiler(self, version: str, name: str = "arm-none-eabi-gcc") -> None:
        """Install a compiler of that version."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\necho '{version}'\necho more\n")
        path.chmod(0o755)


NINJA = """
build = pathlib.Path(sys.argv[2])
build.joinpath("harness-firmware.elf").write_bytes({elf!r})
build.joinpath("flags.txt").write_text("-mcpu=cortex-m7 -O2\\n")
"""


@pytest.fixture
def toolchain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeToolchain:
    """Programs that succeed, as the only ones on PATH."""
    fake = FakeToolchain(tmp_path)
    fake.bin.mkdir()
    for path in (
        "CMakeLists.txt",
        "core/main.c",
        "cmake/firmware.ld.in",
        "ports/mine/port.c",
        "kernels/fast/conv_2d.c",
        "kernels/plain/conv_2d.c",
        "kernels/other/conv_2d.c",
    ):
        file = fake.firmware / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    fake.compiler("gcc 1")
    fake.program("cmake", "os.makedirs(sys.argv[sys.argv.index('-B') + 1])")
    fake.program("ninja", NINJA.format(elf=firmware_elf()))
    monkeypatch.setenv("PATH", f"{fake.bin}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return fake
