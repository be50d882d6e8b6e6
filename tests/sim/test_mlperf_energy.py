"""MLPerf Tiny's energy mode: what a power meter sees on the gate pin, and what a host reads."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu
from devices.official_runner import OfficialRunner, download
from devices.virtual_board import needs_unicorn
from elftools.elf.elffile import ELFFile

from harness import assembly, catalog
from harness.bench.events import nobody
from harness.bench.mlperf import text_device
from harness.domain.mlperf import Mode
from harness.errors import ConfigError
from harness.machine.virtual_h743.chip import Chip
from harness.machine.virtual_h743.core import State
from harness.model import compile_image, read_tflite

pytestmark = pytest.mark.skipif(
    not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"
)
ENERGY, MODEL, SIZE = "mlperf-energy", "mlp-digits", 784
GATE = ("D", 12)  # P7 of the OpenMV Cam H7: its schematic
TICKS_PER_US = 480
DEADLINE_S = 60.0


@dataclass
class Metered:
    """The OpenMV H7's firmware and a model on a chip, with a recorder on the gate pin."""

    build: str
    said: bytearray = field(default_factory=bytearray)
    edges: list[tuple[bool, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        target = catalog.target("openmv-h7")
        firmware = assembly.rig().build(
            target,
            catalog.kernel_set("reference"),
            catalog.build_variant(self.build),
            lambda line: None,
        )
        image = compile_image(read_tflite(catalog.resolve_model(MODEL).path))
        self.chip = Chip(send=self.said.append, cache_dir=assembly.cache_dir())
        assert not self.chip.no_counter, "edges have no time without it"
        with firmware.elf.open("rb") as file:
            for segment in ELFFile(file).iter_segments("PT_LOAD"):
                if segment["p_filesz"]:
                    self.chip.engine.store(segment["p_paddr"], segment.data())
        self.chip.engine.store(target.memory.model_slot.origin, image.data)
        self.chip.on_pin.append(self._on_pin)
        self.chip.reset()
        self.chip.core.resume()
        self._run(lambda: self.chip.core.state is State.SLEEPING)
        self.edges.clear()

    def command(self, text: str) -> tuple[list[str], list[tuple[bool, int]]]:
        """Say it; return the lines of the answer, and the edges meanwhile."""
        self.said.clear()
        self.edges.clear()
        self.chip.usart3.receive(f"{text}%".encode())
        self._run(lambda: self.said.endswith(b"m-ready\r\n"))
        lines = self.said.decode("ascii").split("\r\n")
        assert lines[-2:] == ["m-ready", ""]
        return lines[:-2], list(self.edges)

    def _on_pin(self, port: str, pin: int, level: bool, at: int) -> None:
        if (port, pin) == GATE:
            self.edges.append((level, at))

    def _run(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not until():
            assert time.monotonic() < deadline, bytes(self.said)
            if self.chip.core.state is State.SLEEPING:
                self.chip.wake(self.chip.sleeping_ticks() or 0)
            assert self.chip.advance() is None


def require_pulses(edges: list[tuple[bool, int]], count: int) -> None:
    """So many falling edges, each after at least a microsecond of high."""
    assert [level for level, _ in edges] == [True, False] * count
    for (_, rise), (_, fall) in zip(edges[::2], edges[1::2], strict=True):
        assert TICKS_PER_US <= fall - rise <= 100 * TICKS_PER_US


@needs_unicorn
def test_a_timestamp_is_one_falling_edge() -> None:
    lines, edges = Metered(ENERGY).command("timestamp")
    assert lines == []
    require_pulses(edges, 1)


@needs_unicorn
def test_an_inference_has_two_falling_edges_and_no_laps() -> None:
    metered = Metered(ENERGY)
    metered.command(f"db load {SIZE}")
    lines, edges = metered.command("infer 3 2")
    assert [line for line in lines if not line.startswith("m-results-[")] == [
        "m-warmup-start-2",
        "m-warmup-done",
        "m-infer-start-3",
        "m-infer-done",
    ]
    require_pulses(edges, 2)


@needs_unicorn
def test_other_builds_stamp_in_text_and_gate_each_window() -> None:
    metered = Metered("O2")
    assert metered.command("timestamp") == (["m-lap-us-0"], [])
    metered.command(f"db load {SIZE}")
    _, edges = metered.command("infer 3 2")
    assert [level for level, _ in edges] == [True, False] * 5


@needs_qemu
def test_without_a_gate_pin_it_boots_and_answers() -> None:
    (case,) = assembly.plan(
        targets=["mps2-an500"], kernel_sets=["reference"], models=[MODEL], builds=[ENERGY]
    )
    with text_device(case, assembly.rig(), nobody) as device:
        board = OfficialRunner(device.at.link_url).open()
        assert board.command("timestamp") == []
        download(board, bytes(SIZE))
        lines = board.command("infer 1 0")
        assert not [line for line in lines if "lap" in line]
        assert lines[-1].startswith("m-results-[")
        board.port.close()


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (ENERGY, "tells its laps to a power meter and not to the host"),
        ("frames-only", "does not speak MLPerf Tiny's text protocol"),
    ],
)
def test_a_session_without_laps_is_refused(tmp_path: Path, build: str, told: str) -> None:
    device = assembly.OnTarget("mps2-an500", MODEL, build=build)
    with pytest.raises(ConfigError, match=told) as caught:
        assembly.mlperf(device, None, tmp_path, Mode.ACCURACY, sessions=tmp_path / "s")
    assert caught.value.where == "--build"
    assert not (tmp_path / "s").exists()
