"""Sensors of Linux and serial bridges: against files and a pseudo-terminal that sends lines."""

from __future__ import annotations

import contextlib
import os
import pty
import threading
import tty
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from devices.meters import FAST, QUICK

from harness.domain.energy import Alignment, EnergySummary
from harness.domain.power import CaptureConfig
from harness.errors import (
    MeterDisconnected,
    MeterNotFound,
    VoltageRefused,
    WrongDevice,
)
from harness.power.analysis.limits import Expected
from harness.power.analysis.summary import analyse
from harness.power.kinds import open_meter
from harness.power.recording import opened


class Ticking:
    """A clock that only moves when somebody pauses."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def sensor(folder: Path, milliamperes: int, millivolts: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "name").write_text("ina226\n")
    (folder / "curr1_input").write_text(f"{milliamperes}\n")
    (folder / "in1_input").write_text(f"{millivolts}\n")


def test_a_sensor_of_linux(tmp_path: Path) -> None:
    sensor(tmp_path / "hwmon3", 25, 3300)
    clock = Ticking()
    options = replace(FAST, clock=clock, pause=clock.pause)
    with opened(open_meter(f"hwmon:{tmp_path / 'hwmon3'}", options)) as meter:
        assert meter.info.model == "ina226"
        meter.start(CaptureConfig())
        blocks = [meter.read(1.0) for _ in range(400)]
        trace = meter.trace([block for block in blocks if block is not None])
        with pytest.raises(VoltageRefused):
            meter.set_voltage(3.3)
    assert len(trace) == pytest.approx(200, abs=2)
    assert float(np.nanmean(trace.current_a)) == pytest.approx(25e-3)
    assert trace.lost == 0
    # What was read at once is of up to two conversions before.
    assert (trace.started_s, trace.host_time) == (100.0, True)
    assert trace.earliest_s == pytest.approx(100.0 - 2.2e-3)
    expected = Expected(1, 1, host_s=((100.199, 101.201),), device_s=((0.0, 1.0),))
    reading = analyse(trace, expected, QUICK)
    assert isinstance(reading, EnergySummary)
    assert reading.alignment is Alignment.MARKER
    assert reading.energy_j == pytest.approx(25e-3 * 3.3, rel=1e-5)


def test_a_sensor_that_averages_is_that_much_later(tmp_path: Path) -> None:
    sensor(tmp_path, 25, 3300)
    (tmp_path / "update_interval").write_text("35\n")
    clock = Ticking()
    options = replace(FAST, clock=clock, pause=clock.pause)
    with opened(open_meter(f"hwmon:{tmp_path}", options)) as meter:
        meter.start(CaptureConfig())
        block = meter.read(1.0)
        assert block is not None
        trace = meter.trace([block])
    assert (trace.started_s, trace.earliest_s) == (100.0, pytest.approx(99.93))


def test_a_host_that_was_late_leaves_a_gap_and_no_shift(tmp_path: Path) -> None:
    """After 30 ms in which nothing was read, the next sample lands where its time is."""
    sensor(tmp_path, 10, 3300)
    clock = Ticking()
    options = replace(FAST, clock=clock, pause=clock.pause)
    with opened(open_meter(f"hwmon:{tmp_path}", options)) as meter:
        meter.start(CaptureConfig())
        blocks = [meter.read(1.0) for _ in range(100)]
        clock.now += 0.03
        sensor(tmp_path, 20, 3300)
        stepped = clock.now
        blocks += [meter.read(1.0) for _ in range(100)]
        trace = meter.trace([block for block in blocks if block is not None])
    assert 2 <= trace.lost <= 3
    (step,) = np.flatnonzero(trace.current_a == np.float32(0.02))[:1]
    assert trace.started_s is not None
    assert step / trace.rate_hz == pytest.approx(stepped - trace.started_s, abs=0.01)
    assert len(trace) / trace.rate_hz == pytest.approx(clock.now - trace.started_s, abs=0.02)


def test_a_sensor_that_is_missing_or_goes_away(tmp_path: Path) -> None:
    with pytest.raises(MeterNotFound, match="no curr1_input"):
        open_meter(f"hwmon:{tmp_path}").open()
    sensor(tmp_path, 25, 3300)
    with opened(open_meter(f"hwmon:{tmp_path}")) as meter:
        meter.start(CaptureConfig())
        (tmp_path / "in1_input").unlink()
        with pytest.raises(MeterDisconnected, match="cannot be read"):
            meter.read(0.01)


@contextlib.contextmanager
def sending(text: bytes) -> Iterator[str]:
    """A pseudo-terminal that sends `text` over and over while it is open; its name."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    ending = threading.Event()

    def send() -> None:
        rest = b""
        while not ending.is_set():
            rest = rest or text
            with contextlib.suppress(OSError):
                rest = rest[os.write(master, rest[:512]) :]
            ending.wait(0.001)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        ending.set()
        thread.join(2)
        os.close(master)
        os.close(slave)


def lines(count: int) -> bytes:
    rows = [
        f"{n * 1000},{10_000_000 if 200 <= n < 1200 else 2_000_000},3000,{int(200 <= n < 1200)}"
        for n in range(count)
        if n != 600
    ]
    return ("\n".join(rows) + "\n").encode()


def test_a_bridge_that_sends_lines() -> None:
    with (
        sending(lines(60_000)) as port,
        opened(open_meter(f"serial-csv://{port}", FAST)) as meter,
    ):
        assert meter.caps.rates_hz[0] == pytest.approx(1000)
        meter.start(CaptureConfig())
        blocks = []
        while sum(len(block.current_a) for block in blocks) < 300:
            block = meter.read(0.5)
            assert block is not None
            blocks.append(block)
        trace = meter.trace(blocks)
    assert trace.logic is not None
    assert trace.faults == ()
    assert set(np.unique(trace.current_a[~np.isnan(trace.current_a)]).round(6)) <= {
        np.float32(0.01).round(6),
        np.float32(0.002).round(6),
    }
    assert float(np.nanmean(trace.voltage_v)) == pytest.approx(3.0)


def test_a_port_that_sends_something_else_is_no_bridge() -> None:
    with (
        sending(b"hello world\n" * 100) as port,
        pytest.raises(WrongDevice, match="hello world"),
    ):
        open_meter(f"serial-csv://{port}", FAST).open()
