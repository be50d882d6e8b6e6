"""Energies of simulated boards: the firmware's gate, a virtual meter, and a number known before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders.tflite_builder import TfliteModel
from devices.metered_board import (
    DEADLINE_S,
    IDLE_A,
    VOLTS,
    fed_board,
    load,
    metered,
    recording,
    say,
)
from devices.mps2_firmware import BOARDS, QEMU
from devices.virtual_board import needs_unicorn

from harness.bench.bring_up import Device
from harness.domain.energy import Alignment, EnergySummary
from harness.domain.gate import GateMode, MeteredReply
from harness.domain.power import Invalid, Reason, Trace
from harness.power.analysis.limits import Expected, Limits
from harness.power.analysis.operators import operator_energies
from harness.power.analysis.summary import analyse
from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import FollowedGate

pytestmark = pytest.mark.skipif(
    not shutil.which("arm-none-eabi-gcc") or not shutil.which(QEMU),
    reason="needs arm-none-eabi-gcc and QEMU",
)
BOARD, CHIP = "mps2-an500", "openmv-h7-virtual"
CONVOLUTIONS = 2
SHORT = Limits(least_window_s=0.01, wanted_window_s=0.01)
# Bursts that the six bits of a PPK2's counter can tell.
LOST = tuple((12_000 + 2_317 * n, 60) for n in range(5))


@pytest.fixture(scope="module")
def level() -> FollowedGate:
    return load()


@pytest.fixture(scope="module")
def board(level: FollowedGate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    with fed_board(BOARD, level, tmp_path_factory.mktemp("board")) as device:
        yield device


def energy(
    trace: Trace,
    repeats: int,
    board_s: list[float],
    limits: Limits = SHORT,
    alignment: Alignment | None = None,
) -> EnergySummary:
    expected = Expected(len(board_s), repeats, window_s=board_s)
    reading = analyse(trace, expected, limits, alignment=alignment)
    assert isinstance(reading, EnergySummary), reading
    return reading


def test_three_windows_in_qemu_by_the_gate(board: Device, level: FollowedGate) -> None:
    """A window of 31 ms has 3,169 samples: one more or less is 0.03 %."""
    taken = metered(board, level, GateMode.LEVEL, 300, windows=3)
    assert [(one.repeats, one.link_interrupts) for one in taken.replies] == [(300, 0)] * 3
    assert taken.trace.faults == ()
    assert not np.isnan(taken.trace.current_a).any()
    found = energy(taken.trace, 300, taken.board_s)
    assert found.energy_j == pytest.approx(taken.joules, rel=1e-3)
    assert found.alignment is Alignment.GATE
    assert found.origin == "simulated"
    assert not found.for_regression
    # Silence and rest: nothing but idle for 10 ms behind the last window.
    assert found.windows[-1].window.end + 1000 <= len(taken.trace)
    assert taken.trace.current_a[-1000:].mean() == pytest.approx(IDLE_A, rel=5e-3)


def test_300_lost_samples_leave_the_energy_and_the_coverage_tells(
    board: Device, level: FollowedGate
) -> None:
    taken = metered(board, level, GateMode.LEVEL, 3000, faults=Faults(drop=LOST))
    found = energy(taken.trace, 3000, taken.board_s, replace(SHORT, coverage=0.99))
    assert found.windows[0].lost == 300
    assert found.coverage == pytest.approx(1 - 300 / (found.windows[0].time_s * 1e5))
    assert found.energy_j == pytest.approx(taken.joules, rel=1e-3)
    expected = Expected(1, 3000, window_s=taken.board_s)
    refused = analyse(taken.trace, expected, SHORT)
    assert isinstance(refused, Invalid)
    assert refused.reason is Reason.LOW_COVERAGE


@pytest.mark.accuracy
def test_300_lost_samples_of_a_window_of_three_seconds_are_within_the_limits(
    board: Device, level: FollowedGate, full_sets: bool
) -> None:
    """Where 300 samples are less than a thousandth, nothing has to be loosened."""
    if not full_sets:
        pytest.skip("takes a quarter of a minute: HARNESS_FULL_SETS")
    taken = metered(board, level, GateMode.LEVEL, 31_000, faults=Faults(drop=LOST))
    found = energy(taken.trace, 31_000, taken.board_s, Limits())
    assert found.windows[0].lost == 300
    assert found.coverage == pytest.approx(1 - 300 / (found.windows[0].time_s * 1e5))
    assert found.coverage > 0.999
    assert found.energy_j == pytest.approx(taken.joules, rel=1e-3)
    assert any("lost" in note for note in found.warnings)


def convolutions(folder: Path) -> Path:
    """Two of them, the second with twice the work: long enough for ten samples each."""
    model = TfliteModel()
    tensors = [model.tensor((1, 16, 16, 8), "int8", 0.5, 0, name="image")]
    for number, channels in enumerate((8, 16)):
        shape = (channels, 3, 3, 8)
        w = model.tensor(shape, "int8", [0.1] * channels, 0, np.ones(shape, np.int8), 0)
        b = model.tensor((channels,), "int32", [0.05] * channels, 0, np.ones(channels, np.int32))
        y = model.tensor((1, 16, 16, channels), "int8", 0.5, 0, name=f"y{number}")
        options = {"padding": "SAME", "stride_w": 1, "stride_h": 1}
        model.operator("CONV_2D", [tensors[-1], w, b], [y], **options)
        tensors.append(y)
    path = folder / "convolutions.tflite"
    path.write_bytes(model.build(tensors[:1], tensors[-1:]))
    return path


@pytest.mark.parametrize("target", [BOARD, pytest.param(CHIP, marks=needs_unicorn)])
def test_operators_are_told_apart_and_add_up(target: str, tmp_path: Path) -> None:
    feed = load()
    with fed_board(target, feed, tmp_path, model=convolutions(tmp_path)) as device:
        taken = metered(device, feed, GateMode.OPERATORS, 30)
        profile = device.client.profile(0, CONVOLUTIONS, DEADLINE_S)
    # Between two inferences the board waits 30 us: its own time is that of the operators alone.
    whole = energy(taken.trace, 30, taken.board_s, replace(SHORT, clock=0.1)).windows[0]
    seconds = [ticks / taken.counter_hz for ticks in profile.ticks]
    joules = VOLTS * 10e-3 * sum(seconds)
    found = operator_energies(taken.trace, whole, seconds, SHORT, bit=1, inference_j=joules)
    assert not isinstance(found, Invalid), found
    assert [one.time_s for one in found] == pytest.approx(seconds, rel=5e-3)
    joules = [VOLTS * 10e-3 * one for one in seconds]
    assert [one.energy_j for one in found] == pytest.approx(joules, rel=0.02)


def test_the_falling_edges_of_pulses_in_qemu(tmp_path: Path) -> None:
    """At 5 kHz a sample of a window of 0.32 s is 0.06 %."""
    feed = load(pulses=True)
    with fed_board(BOARD, feed, tmp_path) as device:
        taken = metered(device, feed, GateMode.PULSE, 3000, meter="lpm01a", rate_hz=5e3)
    found = energy(taken.trace, 3000, taken.board_s)
    assert found.alignment is Alignment.EVENT
    assert found.energy_j == pytest.approx(taken.joules, rel=1e-3)


def clock_s(reply: MeteredReply) -> float:
    """How long a window was by the board's clock that runs on."""
    assert reply.clock is not None
    return (reply.clock.ended - reply.clock.began) % 2**32 / reply.clock.hz


@needs_unicorn
def test_the_pins_of_the_virtual_h743(tmp_path: Path) -> None:
    feed = load()
    with fed_board(CHIP, feed, tmp_path) as device:
        taken = metered(device, feed, GateMode.LEVEL, 100, windows=2)
    first, second = taken.replies
    assert first.clock is not None
    assert second.clock is not None
    assert second.clock.began > first.clock.ended > first.clock.began
    for reply, (rise, fall) in zip(taken.replies, taken.windows, strict=True):
        assert clock_s(reply) == pytest.approx(fall - rise, abs=2e-6)
    found = energy(taken.trace, 100, taken.board_s)
    assert found.energy_j == pytest.approx(taken.joules, rel=1e-3)
    assert found.windows[0].time_s == pytest.approx(taken.board_s[0], rel=0.01)


@pytest.mark.parametrize("target", sorted(set(BOARDS) - {BOARD}))
def test_each_board_in_qemu_tells_its_gate(target: str, tmp_path: Path) -> None:
    """Its record's counter and the one of the windows are two that agree."""
    feed = load()
    with fed_board(target, feed, tmp_path) as device:
        reply = device.client.run_metered(GateMode.LEVEL, 1, 50, DEADLINE_S)
        board_s = reply.ticks / device.identity.counter_hz
    rise, fall = feed.windows()[-1]
    assert board_s < fall - rise < 1.03 * board_s
    assert clock_s(reply) == pytest.approx(fall - rise, abs=2e-6)


@pytest.mark.parametrize("target", [BOARD, pytest.param(CHIP, marks=needs_unicorn)])
def test_the_stamps_of_mlperf_tinys_energy_mode(target: str, tmp_path: Path) -> None:
    """Falling edges of 70 us pulses, which a PPK2 samples; the laps lie between them."""
    feed = load(pulses=True)
    with (
        fed_board(target, feed, tmp_path, build="mlperf-energy") as device,
        recording("ppk2", feed) as recorder,
    ):
        assert "m-infer-done" in say(device, "infer 200 2")
    (begin, end), *more = feed.windows()
    assert more == []
    found = energy(recorder.trace, 200, [end - begin], alignment=Alignment.PULSE)
    assert found.energy_j == pytest.approx(VOLTS * 10e-3 * (end - begin) / 200, rel=1e-3)
