"""Nordic Power Profiler Kit II as a source: 0.8 to 5 V, 200 nA to 1 A, 100,000 samples a second."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.domain.power import (
    Accuracy,
    CaptureConfig,
    MeterCaps,
    MeterInfo,
    SampleBlock,
    Trace,
)
from harness.errors import HarnessError, RigError, WrongDevice
from harness.power.discovery import choose_ports, find_usb
from harness.power.limits import require_voltage
from harness.power.options import Found, MeterOptions
from harness.power.ppk2.calibration import END, Calibration, parse_metadata
from harness.power.ppk2.decoder import Ppk2Decoder
from harness.power.recording import join
from harness.power.wire import Wire, open_wire

TITLE = "Nordic Power Profiler Kit II (source meter)"
MODEL = "PPK2"
USB_IDS = ((0x1915, 0xC00A, ""),)
RATE_HZ = 100_000.0
CAPS = MeterCaps(
    voltage_range_v=(0.8, 5.0),
    max_current_a=1.0,
    rates_hz=(RATE_HZ,),
    logic_channels=8,
    events=False,
    measures_voltage=False,
    accuracy=Accuracy(
        gain=0.15,
        voltage=0.01,
        time_base=50e-6,
        offset_a=0.2e-6,
        source="Nordic PPK2 typical accuracy, +-15 % in the 1 A range; voltage as set",
    ),
)

GET_METADATA, SET_VDD, OUTPUT, START, STOP, MODE = 0x19, 0x0D, 0x0C, 0x06, 0x07, 0x11
SOURCE_METER = 2
BAUD = 115_200


class Ppk2:
    """One PPK2; commands are single bytes with arguments, only the metadata are answered."""

    def __init__(self, wanted: str, options: MeterOptions) -> None:
        self._wanted = wanted
        self._options = options
        self._wire: Wire | None = None
        self._calibration: Calibration | None = None
        self._decoder: Ppk2Decoder | None = None
        self._warnings: tuple[str, ...] = ()
        self._volts: float | None = None
        self._running = False
        self._tail = b""
        self.caps = CAPS
        self.info = MeterInfo("ppk2", MODEL, wanted, address=f"ppk2://{wanted}")

    def open(self) -> None:
        """Take the kit, end an earlier session's stream, and read its calibration.

        Raises:
            MeterNotFound, AmbiguousMeter, MeterBusy: as `open_wire` and discovery.
            WrongDevice: what answers is no PPK2 (its second port is a shell).
        """
        ports = choose_ports("ppk2", MODEL, USB_IDS, self._wanted, self._options)
        refusal: HarnessError | None = None
        for port in ports:
            self._wire = open_wire(port, BAUD, self._options.clock)
            try:
                self._identify(self._wire)
                return
            except WrongDevice as error:
                refusal = error
                self._wire.close()
                self._wire = None
        assert refusal is not None
        raise refusal

    def _identify(self, wire: Wire) -> None:
        stale = b""
        for _ in range(2):
            wire.write(bytes([STOP]))
            stale += wire.drain(self._options.drain_silent_s)
            wire.write(bytes([GET_METADATA]))
            text = wire.read_until(_end_of_metadata, self._options.answer_s)
            if text is not None:
                break
        else:
            answered = (wire.drain(0.0) or stale)[:32]
            raise WrongDevice(
                f"it does not answer like a PPK2, it sends {answered!r}",
                where=wire.where,
                hint="Give the address of the PPK2's first port; the second one is a shell.",
            )
        self._calibration = parse_metadata(text.decode("ascii", "replace"))
        notes = list(self._calibration.warnings)
        if stale:
            notes.append(f"an earlier session left {len(stale)} bytes")
        self._warnings = tuple(notes)
        self.info = MeterInfo(
            "ppk2",
            MODEL,
            self._wanted,
            self._calibration.hardware,
            wire.where,
            self._options.simulated,
        )

    def close(self) -> None:
        """Stop, output off unless it is to be kept, let go."""
        wire, self._wire = self._wire, None
        if wire is None:
            return
        with contextlib.suppress(RigError):
            wire.write(bytes([STOP]))
            if not self._options.keep_output:
                wire.write(bytes([OUTPUT, 0]))
        self._running = False
        wire.close()

    def set_voltage(self, volts: float) -> None:
        """Set the supply in steps of 1 mV, as source meter.

        Raises:
            VoltageRefused: outside 0.8 to 5 V or above the user's limit; nothing was sent.
        """
        require_voltage(volts, self.caps, self._options.highest_v, self.info.address)
        wire = self._open_wire()
        wire.write(bytes([MODE, SOURCE_METER]))
        wire.write(struct.pack(">BH", SET_VDD, round(volts * 1000)))
        self._volts = volts

    def set_output(self, on: bool) -> None:
        """Connect or disconnect the board's supply; never before a voltage was set."""
        if on and self._volts is None:
            require_voltage(float("nan"), self.caps, None, self.info.address)
        self._open_wire().write(bytes([OUTPUT, int(on)]))

    def start(self, config: CaptureConfig) -> None:
        """Begin to sample, always 100,000 times a second."""
        assert self._calibration is not None
        wire = self._open_wire()
        wire.drain(0.0)
        self._decoder = Ppk2Decoder(
            self._calibration, self._volts or 0.0, smooth=self._options.smooth
        )
        wire.write(bytes([START]))
        self._running = True

    def read(self, timeout_s: float) -> SampleBlock | None:
        """The samples that have come."""
        assert self._decoder is not None
        if self._running:
            data = self._open_wire().read(timeout_s)
        else:
            data, self._tail = self._tail, b""
        arrived = self._options.clock()
        block = self._decoder.feed(data, last=not self._running)
        if block is None:
            return None
        return _stamped(block, arrived if self._running else 0.0)

    def stop(self) -> None:
        """End sampling; what is on its way is left to `read`."""
        if self._wire is not None and self._running:
            self._running = False
            self._wire.write(bytes([STOP]))
            self._tail = self._wire.drain(self._options.drain_silent_s)

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """Put the blocks of one recording together."""
        trace = join(
            blocks,
            rate_hz=RATE_HZ,
            info=self.info,
            caps=self.caps,
            voltage_v=self._volts or float("nan"),
            check_time=self._options.check_time,
            channel_names=tuple(f"D{number}" for number in range(8)),
        )
        return _noted(trace, self._warnings)

    def _open_wire(self) -> Wire:
        if self._wire is None:
            raise RuntimeError("the meter is not open")
        return self._wire


def _stamped(block: SampleBlock, arrived_s: float) -> SampleBlock:
    return replace(block, arrived_s=arrived_s)


def _noted(trace: Trace, warnings: tuple[str, ...]) -> Trace:
    return replace(trace, warnings=(*warnings, *trace.warnings))


def _end_of_metadata(data: bytes) -> int:
    at = data.find(END)
    return -1 if at < 0 else at + len(END)


def open_meter(rest: str, options: MeterOptions) -> Ppk2:
    """The meter at `ppk2://SERIAL` or `ppk2:///dev/...`."""
    return Ppk2(rest, options)


def find(options: MeterOptions) -> Iterator[Found]:
    """The kits that are connected, each once though newer firmware has two ports."""
    seen: set[str] = set()
    for one in find_usb("ppk2", MODEL, USB_IDS, options):
        if one.address not in seen:
            seen.add(one.address)
            yield one
