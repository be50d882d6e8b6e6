"""A serial bridge that sends a line for each sample: `t_us,i_nA,v_mV,gpio`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.domain.power import (
    Accuracy,
    CaptureConfig,
    Invalid,
    MeterCaps,
    MeterInfo,
    Reason,
    SampleBlock,
    Trace,
)
from harness.errors import WrongDevice
from harness.power.limits import feeds_nothing
from harness.power.options import MeterOptions
from harness.power.paced import TimedSamples, timed_trace
from harness.power.wire import Wire, open_wire

TITLE = "serial bridge (Arduino, RP2040 with INA2xx): lines of t_us,i_nA,v_mV,gpio"
BAUD = 115_200
WRAP_US = 1 << 32
_LINE = re.compile(rb"^(\d+),(-?\d+),(-?\d+),(\d+)$")
_SAMPLE_LINES = 20
_MOST_BAD_LINES = 3
CAPS = MeterCaps(
    voltage_range_v=None,
    max_current_a=float("inf"),
    rates_hz=(1000.0,),
    logic_channels=8,
    events=False,
    measures_voltage=True,
    accuracy=Accuracy(0.02, 0.01, 100e-6, 10e-6, "assumed 2 %: a shunt of 1 % and its amplifier"),
)


class SerialCsv:
    """Reads lines; the rate is what the time stamps of the first lines say."""

    def __init__(self, device: str, options: MeterOptions) -> None:
        self._device = device
        self._options = options
        self._wire: Wire | None = None
        self._rest = b""
        self._rate_hz = 1000.0
        self._samples = TimedSamples(self._rate_hz)
        self._last_us: int | None = None
        self._wraps = 0
        self._running = False
        self.bad_lines = 0
        self.caps = CAPS
        self.info = MeterInfo("serial-csv", "serial bridge", device, address=device)

    def open(self) -> None:
        """Open the port, and learn the rate from its first lines.

        Raises:
            MeterNotFound, MeterBusy: as `open_wire`.
            WrongDevice: what comes are no such lines.
        """
        wire = open_wire(self._device, BAUD, self._options.clock)
        data = wire.read_until(
            lambda got: len(got) if got.count(b"\n") > _SAMPLE_LINES else -1,
            self._options.answer_s,
        )
        lines = (data or wire.drain(0.0)).split(b"\n")[1:-1]
        times = [int(found[1]) for line in lines if (found := _LINE.match(line.strip()))]
        steps = np.diff(times)
        if len(times) < 3 or not (steps > 0).all():
            wire.close()
            raise WrongDevice(
                f"it does not send lines of t_us,i_nA,v_mV,gpio but {b' '.join(lines)[:48]!r}",
                where=self._device,
                hint="Check the port and the bridge's program; it must send 115200 baud.",
            )
        self._wire = wire
        self._rate_hz = 1e6 / float(np.median(steps))
        self.caps = replace(CAPS, rates_hz=(self._rate_hz,))

    def close(self) -> None:
        """Let go; a bridge has no output."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    def set_voltage(self, volts: float) -> None:
        """Refused: a bridge feeds nothing.

        Raises:
            VoltageRefused: always.
        """
        raise feeds_nothing(volts, "a bridge", self._device)

    def set_output(self, on: bool) -> None:
        """A bridge has no output."""

    def start(self, config: CaptureConfig) -> None:
        """Begin with the next whole line."""
        assert self._wire is not None
        self._wire.drain(0.0)
        self._rest, self._last_us, self._wraps, self.bad_lines = b"\0", None, 0, -1
        self._samples = TimedSamples(self._rate_hz)
        self._running = True

    def read(self, timeout_s: float) -> SampleBlock | None:
        """The samples that have come."""
        if self._wire is None or not self._running:
            return None
        *lines, self._rest = (self._rest + self._wire.read(timeout_s)).split(b"\n")
        for line in lines:
            self._line(line.strip())
        block = self._samples.take(self._options.clock())
        if block is None or self.bad_lines <= _MOST_BAD_LINES:
            return block
        many = Invalid(Reason.DESYNC, f"{self.bad_lines} lines do not decode", "Check the cable.")
        return replace(block, faults=(many,))

    def _line(self, line: bytes) -> None:
        found = _LINE.match(line)
        if found is None:
            self.bad_lines += 1
            return
        now, nanoamperes, millivolts, pins = (int(word) for word in found.groups())
        if self._last_us is not None and now < self._last_us:
            self._wraps += 1
        self._last_us = now
        micros = now + self._wraps * WRAP_US
        self._samples.add(micros / 1e6, nanoamperes / 1e9, millivolts / 1e3, pins & 0xFF)

    def stop(self) -> None:
        """End taking lines."""
        self._running = False

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """Put the blocks of one recording together."""
        return timed_trace(blocks, self._rate_hz, self.info, self.caps, pins=True)


def open_meter(rest: str, options: MeterOptions) -> SerialCsv:
    """The bridge at `serial-csv:///dev/ttyACM0`."""
    return SerialCsv(rest, options)
