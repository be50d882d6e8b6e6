"""A virtual meter whose current follows a board: samples, silence and edges in the board's time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from devices.meters import FAST, QUICK

from harness.domain.energy import Alignment, EnergySummary
from harness.domain.power import CaptureConfig, Reason, Sync
from harness.errors import UnknownName
from harness.power.analysis.limits import Expected
from harness.power.analysis.summary import analyse
from harness.power.kinds import open_meter
from harness.power.meters.virtual import VirtualMeter, follow
from harness.power.options import MeterOptions
from harness.power.recording import Recorder, opened
from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import FollowedGate


@contextmanager
def metering(
    name: str, board: FollowedGate, faults: Faults | None = None, rate_hz: float | None = None
) -> Iterator[Recorder]:
    meter = VirtualMeter(name, FAST, board, faults)
    with opened(meter):
        meter.set_voltage(3.0)
        meter.set_output(True)
        with Recorder(meter, CaptureConfig(rate_hz, Sync.PULSE), silence_s=0.3) as recorder:
            yield recorder


def window(board: FollowedGate, begin: float, end: float) -> None:
    board.edge(begin)
    board.edge(end)
    board.advance(end + 0.01)


def test_a_recording_begins_with_what_the_board_does_now() -> None:
    board = FollowedGate()
    window(board, 1.0, 1.5)
    with metering("ppk2", board) as recorder:
        window(board, 1.6, 1.8)
    assert len(recorder.trace) == 30_000
    reading = analyse(recorder.trace, Expected(1, 1, window_s=(0.2,)), QUICK)
    assert isinstance(reading, EnergySummary), reading
    assert reading.energy_j == pytest.approx(3.0 * 10e-3 * 0.2, rel=1e-3)


@pytest.mark.parametrize("name", ["ppk2", "lpm01a"])
def test_a_board_whose_time_stands_still_does_not_make_the_meter_silent(name: str) -> None:
    """Each look at the clock is ten seconds later: a meter without a block would be given up."""
    board, seconds, step = follow(name), itertools.count(), [10]
    meter = VirtualMeter(name, FAST, board)
    with opened(meter):
        meter.set_voltage(3.0)
        meter.set_output(True)
        recorder = Recorder(
            meter, CaptureConfig(), silence_s=1.0, clock=lambda: step[0] * next(seconds)
        )
        with recorder:
            assert not recorder.wait(1.0, deadline_s=500.0)
            assert recorder.error is None
            step[0] = 0  # the host may be slow to bring what now comes
            board.advance(0.5)
    assert recorder.error is None
    assert recorder.trace.faults == ()
    assert recorder.trace.duration_s == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("name", ["ppk2", "lpm01a"])
def test_a_meter_that_keeps_back_what_the_board_told_is_silent(name: str) -> None:
    board = follow(name)
    with metering(name, board, Faults(silent_after=100)) as recorder:
        board.advance(1.0)
        recorder.wait(1.0, deadline_s=5.0)
    assert [fault.reason for fault in recorder.trace.faults] == [Reason.SILENT]


def test_a_gate_that_stays_high_ends_the_recording_all_the_same() -> None:
    board = FollowedGate()
    with metering("ppk2", board) as recorder:
        board.edge(0.1)
        board.advance(0.3)
    reading = analyse(recorder.trace, Expected(1, 1), QUICK)
    assert getattr(reading, "reason", None) is Reason.GATE_NOT_LOWERED
    assert len(recorder.trace) == 30_000


def pulsing(board: FollowedGate, begin: float, end: float) -> None:
    """As firmware in mode PULSE: raised before, 70 us low as the window begins, low at its end."""
    for at in (begin - 1e-3, begin, begin + 70e-6, end):
        board.edge(at)
    board.advance(end + 0.01)


def test_pulses_shorter_than_a_sample_are_events_and_current_flows_between_them() -> None:
    board = follow("lpm01a")
    with metering("lpm01a", board, rate_hz=5e3) as recorder:
        pulsing(board, 0.1001, 0.6001)
        pulsing(board, 0.7003, 1.2003)
    assert [edge.index for edge in recorder.trace.edges] == [501, 3001, 3502, 6002]
    reading = analyse(recorder.trace, Expected(2, 1, window_s=(0.5, 0.5)), QUICK)
    assert isinstance(reading, EnergySummary), reading
    assert reading.alignment is Alignment.EVENT
    assert reading.energy_j == pytest.approx(3.0 * 10e-3 * 0.5, rel=1e-3)


def test_gates_before_the_recording_do_not_pair_with_its_pulses() -> None:
    """Three inferences of a RUN, each with a gate of its own, then a window by pulses."""
    board = FollowedGate(pulses=True)
    for n in range(3):
        window(board, 0.1 + 0.1 * n, 0.12 + 0.1 * n)
    with metering("ppk2", board) as recorder:
        pulsing(board, 0.5, 0.7)
    assert board.windows() == [(0.5, 0.7)]
    reading = analyse(recorder.trace, Expected(1, 1), QUICK, alignment=Alignment.PULSE)
    assert isinstance(reading, EnergySummary), reading
    assert reading.energy_j == pytest.approx(3.0 * 10e-3 * 0.2, rel=1e-3)


def test_the_last_edges_come_though_nothing_comes_behind_the_stop() -> None:
    """Edges wait for the next time stamp; the end of the recording is as good."""
    board = follow("lpm01a")
    with metering("lpm01a", board, rate_hz=5e3) as recorder:
        pulsing(board, 0.05, 0.1)
        recorder.wait(0.109, deadline_s=5.0)
    assert len(recorder.trace.edges) == 2


def test_a_sampled_pulse_is_found_too() -> None:
    board = FollowedGate(pulses=True)
    with metering("ppk2", board) as recorder:
        pulsing(board, 0.1, 0.3)
    reading = analyse(recorder.trace, Expected(1, 1), QUICK, alignment=Alignment.PULSE)
    assert isinstance(reading, EnergySummary), reading
    assert reading.energy_j == pytest.approx(3.0 * 10e-3 * 0.2, rel=1e-3)


def test_a_start_by_hardware_waits_for_the_board() -> None:
    board = FollowedGate()
    meter = VirtualMeter("stlink-v3pwr", FAST, board)
    with opened(meter):
        meter.set_voltage(3.0)
        meter.set_output(True)
        with Recorder(meter, CaptureConfig(10e3, Sync.TRIGGER)) as recorder:
            board.advance(0.5)
            window(board, 1.0, 1.2)
    trace = recorder.trace
    assert trace.triggered
    assert trace.duration_s == pytest.approx(0.21, abs=1e-3)
    assert np.nanmean(trace.current_a[:1900]) == pytest.approx(10e-3, rel=1e-3)


def test_the_load_that_fits_an_instrument_is_given_by_its_name() -> None:
    assert (follow("ppk2").pulses, follow("lpm01a").pulses) == (False, True)
    with pytest.raises(UnknownName, match="there is no virtual instrument 'ppk3'"):
        follow("ppk3")


def test_an_address_with_a_load_is_a_meter_that_follows_it() -> None:
    board = follow("ppk2")
    meter = open_meter("virtual:ppk2", MeterOptions(waveform=board, drain_silent_s=0.05))
    with opened(meter):
        meter.set_voltage(3.0)
        meter.set_output(True)
        with Recorder(meter, CaptureConfig()) as recorder:
            board.advance(0.25)
    assert len(recorder.trace) == 25_000
    assert recorder.trace.origin == "simulated"
