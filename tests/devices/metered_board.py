"""A simulated board with firmware and model, whose gate a virtual meter follows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import serial

from harness import assembly, catalog
from harness.bench.bring_up import Device, bring_up
from harness.domain.gate import GateMode, MeteredReply
from harness.domain.power import CaptureConfig, Trace
from harness.machine import start_machine
from harness.model import read_tflite
from harness.power.meters.virtual import VirtualMeter
from harness.power.options import MeterOptions
from harness.power.recording import Recorder, opened
from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import FollowedGate

MODEL = "mlp-digits"
IDLE_A, ACTIVE_A, RIPPLE_A, VOLTS = 2e-3, 10e-3, 0.5e-3, 3.0
DEADLINE_S = 60.0


def load(*, pulses: bool = False) -> FollowedGate:
    """Idle and active currents with a ripple of 1 kHz."""
    return FollowedGate(IDLE_A, ACTIVE_A, RIPPLE_A, pulses=pulses)


@contextmanager
def fed_board(
    target: str,
    feed: FollowedGate,
    folder: Path,
    build: str = "O2",
    model: Path | None = None,
) -> Iterator[Device]:
    """Bring it up with `model`, else `MODEL`, and the CMSIS-NN kernels, and let go of its core."""
    rig = replace(
        assembly.rig(), start=lambda target, work_dir: start_machine(target, work_dir, gate=feed)
    )
    board = catalog.target(target)
    firmware = rig.build(
        board, catalog.kernel_set("cmsis-nn"), catalog.build_variant(build), lambda line: None
    )
    network = read_tflite(model or catalog.resolve_model(MODEL).path)
    quiet = lambda *_: None  # noqa: E731
    with bring_up(board, firmware, network, rig, folder, quiet, quiet) as device:
        device.let_go()
        device.client.write_input(bytes(device.image.inputs[0].nbytes))
        yield device


@contextmanager
def recording(
    name: str, feed: FollowedGate, rate_hz: float | None = None, faults: Faults | None = None
) -> Iterator[Recorder]:
    """Record from a virtual instrument that feeds the board; afterwards there is the trace."""
    options = MeterOptions(drain_silent_s=0.05, waveform=feed)
    meter = VirtualMeter(name, options, feed, faults)
    with opened(meter):
        meter.set_voltage(VOLTS)
        meter.set_output(True)
        with Recorder(meter, CaptureConfig(rate_hz=rate_hz)) as recorder:
            yield recorder


@dataclass(frozen=True)
class Metered:
    """A recording, what the board answered, and when its windows were, in its own time."""

    trace: Trace
    replies: list[MeteredReply]
    windows: list[tuple[float, float]]
    counter_hz: int

    @property
    def board_s(self) -> list[float]:
        """How long each window was by the board's counter."""
        return [reply.ticks / self.counter_hz for reply in self.replies]

    @property
    def joules(self) -> float:
        """What an inference takes: known, without a ripple whose mean is zero."""
        spans = {end - begin for begin, end in self.windows}
        assert max(spans) - min(spans) < 1e-7, "the board's time is the same in each window"
        return VOLTS * ACTIVE_A * max(spans) / self.replies[0].repeats


def metered(
    device: Device,
    feed: FollowedGate,
    mode: GateMode,
    repeats: int,
    *,
    windows: int = 1,
    meter: str = "ppk2",
    rate_hz: float | None = None,
    faults: Faults | None = None,
) -> Metered:
    """Let the board run windows of `repeats` inferences while the meter records."""
    with recording(meter, feed, rate_hz, faults) as recorder:
        replies = [device.client.run_metered(mode, 1, repeats, DEADLINE_S) for _ in range(windows)]
    assert recorder.error is None
    return Metered(recorder.trace, replies, feed.windows()[-windows:], device.identity.counter_hz)


def say(device: Device, command: str) -> str:
    """Say a command of MLPerf Tiny's text over a link of its own; return the answer."""
    device.hang_up()
    with serial.serial_for_url(device.at.link_url, timeout=0.1) as port:
        port.write(f"{command}%".encode())
        limit, said = time.monotonic() + DEADLINE_S, b""
        while b"m-ready" not in said and time.monotonic() < limit:
            said += port.read(port.in_waiting or 1)
    return said.decode()
