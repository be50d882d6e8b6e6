"""A desk without hardware: a board in memory, and behind a TCP link a device that runs from it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from builders.tflite_builder import TfliteModel
from devices.scripted import ScriptedDevice, Seen, text
from devices.transports import over_pty

from harness.bench.case import run_case
from harness.bench.events import Listener, nobody
from harness.bench.prepare import Prepared, prepare
from harness.bench.rig import Board, Deadlines, OnFlash, Rig, Tell
from harness.domain.coordinates import Coordinates
from harness.domain.dataset import Dataset
from harness.domain.firmware import BuildVariant, DeviceHeaders, Firmware, KernelSet, Library
from harness.domain.image import TensorPlacement
from harness.domain.kernel_code import LinkedKernel
from harness.domain.plan import Case, ModelSource
from harness.domain.record import CaseRecord
from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit
from harness.errors import HarnessError, RigError, VerifyFailed

BUILD_ID = bytes(range(20))
TARGET = Target(
    id="desk",
    title="A desk without hardware",
    fidelity=Fidelity.SIMULATED,
    core=Core("Cortex-M7", ("-mcpu=cortex-m7",)),
    port="mps2",
    clock_hz=25_000_000,
    memory=Memory(
        code=Region(0, 0x1000),
        ram=Region(0x2000_0000, 0x1000),
        model_slot=Region(0x0020_0000, 0x1_0000),
        arena=Region(0x2010_0000, 0x1000),
    ),
    counter=CounterMeaning("ticker", Unit.INSTRUCTIONS, 40),
    machine="desk",
    machine_options={},
    pyocd_target="cortex_m",
    baud_rate=115200,
)
KERNELS = KernelSet("reference", "Plain loops", ())
O2 = BuildVariant("O2", "-O2", "-O2")
LIBRARY = Library("cmsis-nn", "12.5.1", "5e3a", Path("lib"))
FULLY_CONNECTED = LinkedKernel(9, "FULLY_CONNECTED", "reference", "reference/fully_connected.c")

# Inputs whose largest element is at 0, 1, 2, 3; the labels agree with three of them.
INPUTS = np.diag([10, 20, 30, 40]).astype(np.int8)
LABELS = np.array([0, 1, 3, 3])


def copying_model(folder: Path, *, outputs: int = 4) -> Path:
    """A FULLY_CONNECTED whose weights are the identity: the output equals the input."""
    model = TfliteModel()
    x = model.tensor((1, 4), "int8", 0.5)
    weights = model.tensor((outputs, 4), "int8", 1.0, data=np.eye(outputs, 4, dtype=np.int8))
    y = model.tensor((1, outputs), "int8", 0.5)
    model.operator("FULLY_CONNECTED", [x, weights, -1], [y])
    path = folder / "copying.tflite"
    path.write_bytes(model.build([x], [y]))
    return path


@dataclass
class MemoryBoard:
    """A board that keeps what is written; `corrupt` changes bytes on their way."""

    pyocd_version: str = "0.36.0"
    memory: dict[int, bytes] = field(default_factory=dict)
    elf: Path | None = None
    steps: list[str] = field(default_factory=list)
    corrupt: Callable[[bytes], bytes] = lambda data: data
    on_flash: OnFlash = lambda phase, fraction: None
    failing: list[RigError] = field(default_factory=list)

    def program(self, elf: Path) -> None:
        self.steps.append("program")
        if self.failing:
            raise self.failing.pop(0)
        self.on_flash("program", 1.0)
        self.elf = elf

    def write(self, address: int, data: bytes) -> None:
        self.steps.append("write")
        self.memory[address] = self.corrupt(data)

    def verify_elf(self, elf: Path) -> None:
        self.steps.append("verify elf")
        assert elf == self.elf

    def verify(self, address: int, data: bytes) -> None:
        self.steps.append("verify")
        if self.read(address, len(data)) != data:
            raise VerifyFailed("differs", where=f"{address:#x}", hint="Program it again.")

    def read(self, address: int, length: int) -> bytes:
        return self.memory[address][:length]

    def reset_and_run(self) -> None:
        self.steps.append("reset")

    def halt(self) -> None:
        self.steps.append("halt")

    def resume(self) -> None:
        self.steps.append("resume")


@dataclass
class DeskDevice(ScriptedDevice):
    """Runs the copying model from the board's memory; what it says of itself can be varied."""

    board: MemoryBoard = field(default_factory=MemoryBoard)
    target: Target = TARGET
    kernel_set: str = KERNELS.id
    build_id: bytes = BUILD_ID
    describes: Callable[[bytearray], None] = lambda header: None
    scratch: Sequence[int] = (0,)
    output_bytes: int = 4
    counts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    answers: dict[int, bytes] = field(default_factory=dict)
    link_interrupts: int = 0
    requests: int = 0
    profiled: tuple[int, ...] = (0, 100)
    profile_interrupts: int = 0
    profile_output: bytes | None = None

    def hello(self) -> bytes:
        memory = self.target.memory
        numbers = (
            *(self.version, self.max_payload, self.receive_window),
            *(self.target.clock_hz, self.target.clock_hz),
            *(memory.model_slot.origin, memory.model_slot.length),
            *(memory.arena.origin, memory.arena.length),
        )
        names = (self.target.id, self.kernel_set, self.target.counter.name)
        return struct.pack("<HHIIIIIII", *numbers) + self.build_id + b"".join(map(text, names))

    def describe(self) -> bytes:
        image = self.board.memory[TARGET.memory.model_slot.origin]
        size, crc = struct.unpack_from("<II", image, 8)
        (arena,) = struct.unpack_from("<I", image, 48)
        answer = bytearray(struct.pack("<II", crc, size) + image[16:48])
        answer += struct.pack("<IHHII", arena, 1, 1, self.input_bytes, self.output_bytes)
        answer += struct.pack(f"<HH{len(self.scratch)}I", len(self.scratch), 0, *self.scratch)
        self.describes(answer)
        return bytes(answer)

    def run(self, request: bytes) -> bytes:
        warmup, repeats = struct.unpack("<HH", request)
        self.runs += warmup + repeats
        ticks = self.counts.get(self.requests, (100,) * repeats)
        output = self.answers.get(self.requests, bytes(self._input))
        self.requests += 1
        return (
            struct.pack("<HHI", repeats, 1, self.link_interrupts)
            + struct.pack(f"<{repeats}Q", *ticks)
            + struct.pack("<I", len(output))
            + output
        )

    def profile(self, request: bytes) -> bytes:
        """An empty window and one for each operator, and what the network answers."""
        warmup, zero = struct.unpack("<HH", request)
        assert zero == 0
        self.runs += warmup + 1
        output = bytes(self._input) if self.profile_output is None else self.profile_output
        return (
            struct.pack("<HHI", len(self.profiled), 1, self.profile_interrupts)
            + struct.pack(f"<{len(self.profiled)}Q", *self.profiled)
            + struct.pack("<I", len(output))
            + output
        )


def refuse_run(device: DeskDevice, number: int, code: int, **details: int) -> None:
    """Make the device answer the run of input `number` with an error."""

    def misbehave(seen: Seen) -> bytes | None:
        if seen.kind == 4 and device.requests == number:
            return device.error(seen, code, **details)
        return None

    device.misbehave = misbehave


@dataclass
class Desk:
    """Everything a case needs, each part of which a test may replace."""

    folder: Path
    device: DeskDevice = field(init=False)
    board: MemoryBoard = field(default_factory=MemoryBoard)
    model: ModelSource = field(init=False)
    inputs: np.ndarray = field(default_factory=lambda: INPUTS)
    labels: np.ndarray | None = field(default_factory=lambda: LABELS)
    no_labels: str = ""
    library: Library | None = None
    device_headers: DeviceHeaders | None = None
    linked: tuple[LinkedKernel, ...] = (FULLY_CONNECTED,)
    failing_builds: dict[int, HarnessError] = field(default_factory=dict)
    builds: int = 0
    deadlines: Deadlines = field(default_factory=lambda: Deadlines(replug_s=0.1))
    starts: int = 0
    check: Callable[[], None] = lambda: None
    no_counter: str | None = None
    board_serial: str | None = None
    link: Callable[[DeskDevice], AbstractContextManager[str]] = over_pty

    def __post_init__(self) -> None:
        self.device = DeskDevice(board=self.board, input_bytes=4)
        self.device.pooled = lambda address: self.board.memory.get(address, b"")
        self.model = ModelSource("copying", copying_model(self.folder))

    @property
    def rig(self) -> Rig:
        return Rig(
            build=self.build,
            read_kernels=self.read_kernels,
            load_dataset=self.load_dataset,
            start=self.start,
            open_board=self.open_board,
            cache_dir=self.folder / "cache",
            deadlines=self.deadlines,
        )

    def build(
        self, target: Target, kernel_set: KernelSet, variant: BuildVariant, tell: Tell
    ) -> Firmware:
        self.builds += 1
        tell(f"building firmware for {target.id}")
        if self.builds in self.failing_builds:
            raise self.failing_builds[self.builds]
        return Firmware(
            elf=self.folder / "firmware.elf",
            build_id=BUILD_ID.hex(),
            target=target.id,
            kernel_set=kernel_set.id,
            variant=variant.id,
            compiler="gcc 12.2",
            flags="-O2 -mcpu=cortex-m7",
            library=self.library,
            device_headers=self.device_headers,
            flash_bytes=15_000,
            ram_bytes=52_000,
            stack_bytes=4096,
        )

    def read_kernels(self, firmware: Firmware) -> tuple[LinkedKernel, ...]:
        assert firmware.build_id == BUILD_ID.hex()
        return self.linked

    def load_dataset(self, case: Case, model_input: TensorPlacement) -> Dataset:
        return Dataset("four", self.inputs, self.labels, "d5" * 32, self.no_labels)

    @contextmanager
    def start(self, target: Target, work_dir: Path) -> Iterator[Coordinates]:
        assert work_dir.is_dir()
        self.starts += 1
        with self.link(self.device) as url:
            versions = (("desk", "1.0"),)
            yield Coordinates(
                "desk:1", url, lambda: self.check(), versions, self.no_counter, self.board_serial
            )

    @contextmanager
    def open_board(self, probe_uid: str, target: Target, on_flash: OnFlash) -> Iterator[Board]:
        assert (probe_uid, target.pyocd_target) == ("desk:1", "cortex_m")
        self.board.on_flash = on_flash
        yield self.board

    def case(self, **changes: object) -> Case:
        return replace(Case(TARGET, KERNELS, O2, self.model), **changes)  # type: ignore[arg-type]

    def prepared(self, **changes: object) -> Prepared:
        return prepare([self.case(**changes)], self.rig.load_dataset)[0]

    def run(
        self, on_event: Listener = nobody, **changes: object
    ) -> tuple[CaseRecord, HarnessError | KeyboardInterrupt | None]:
        return run_case(self.prepared(**changes), self.rig, on_event, every_second())


def every_second() -> Callable[[], datetime]:
    """A clock that shows a second more each time it is asked."""
    moments = iter(range(1000))
    start = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
    return lambda: start + timedelta(seconds=next(moments))
