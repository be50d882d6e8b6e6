"""The adapters a case needs, as the bench sees them; `assembly` plugs the real ones in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from harness.domain.coordinates import Coordinates
from harness.domain.dataset import Dataset
from harness.domain.energy_asked import EnergyAsked
from harness.domain.firmware import BuildVariant, Firmware, KernelSet
from harness.domain.image import TensorPlacement
from harness.domain.kernel_code import LinkedKernel
from harness.domain.metering import Metering
from harness.domain.plan import Case
from harness.domain.target import Target


class Board(Protocol):
    """A target under a debug probe."""

    @property
    def pyocd_version(self) -> str:
        """The version of pyOCD that holds the probe."""

    def program(self, elf: Path) -> None:
        """Make memory hold every loadable segment of `elf`."""

    def write(self, address: int, data: bytes) -> None:
        """Make memory hold `data`."""

    def verify_elf(self, elf: Path) -> None:
        """Read every loadable segment back; raise `VerifyFailed` where it differs."""

    def verify(self, address: int, data: bytes) -> None:
        """Read `data` back; raise `VerifyFailed` where it differs."""

    def read(self, address: int, length: int) -> bytes:
        """Read memory."""

    def reset_and_run(self) -> None:
        """Reset the core and let it run."""

    def halt(self) -> None:
        """Stop the core."""

    def resume(self) -> None:
        """Let the core run on."""


Tell = Callable[[str], None]
OnFlash = Callable[[str, float], None]
LoadDataset = Callable[[Case, TensorPlacement], Dataset]


@dataclass(frozen=True)
class Deadlines:
    """Seconds to wait at most: for HELLO and for DESCRIBE, per inference, for an unplugged port."""

    handshake_s: float = 10.0
    inference_s: float = 60.0
    replug_s: float = 30.0


@dataclass(frozen=True)
class PowerRig:
    """How the energy of a case is measured, beside the rest of its rig.

    `start` starts a target as the rig does, and opens the meter that feeds it, before its probe is
    used; where there is none it says why, and None where nobody asked for one.
    """

    asked: EnergyAsked
    start: Callable[
        [Target, Path], AbstractContextManager[tuple[Coordinates, Metering | str | None]]
    ]


@dataclass(frozen=True)
class Rig:
    """Everything outside the process that a case touches.

    `build` tells a line before each step that takes long, `read_kernels` what a firmware links for
    each operator it knows. The board that `open_board` opens tells what it does and the fraction
    done. `cache_dir` keeps what is expensive to find again and safe to lose; `transcript`
    takes down what goes over the link. `power` is None where no energy is asked for.
    """

    build: Callable[[Target, KernelSet, BuildVariant, Tell], Firmware]
    read_kernels: Callable[[Firmware], Sequence[LinkedKernel]]
    load_dataset: LoadDataset
    start: Callable[[Target, Path], AbstractContextManager[Coordinates]]
    open_board: Callable[[str, Target, OnFlash], AbstractContextManager[Board]]
    cache_dir: Path
    deadlines: Deadlines = Deadlines()
    transcript: TextIO | None = None
    power: PowerRig | None = None
