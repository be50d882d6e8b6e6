"""The driver of the PowerShield family: sets up, samples, and leaves the output safe."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from harness.domain.power import CaptureConfig, MeterInfo, SampleBlock, Sync, Trace
from harness.errors import HarnessError, MeterCommandError, RigError, WrongDevice
from harness.power.discovery import choose_ports
from harness.power.limits import require_voltage
from harness.power.options import MeterOptions
from harness.power.powershield.ascii_stream import AsciiDecoder
from harness.power.powershield.binary_stream import BinaryDecoder
from harness.power.powershield.dialect import ASCII_MOST_HZ, Dialect
from harness.power.powershield.session import Session
from harness.power.recording import join
from harness.power.wire import Wire, open_wire

BAUD = 3_686_400


class PowerShield:
    """One instrument of the family; which is told by its dialect."""

    def __init__(self, dialect: Dialect, wanted: str, options: MeterOptions) -> None:
        self._dialect = dialect
        self._wanted = wanted
        self._options = options
        self._wire: Wire | None = None
        self._session: Session | None = None
        self._decoder: AsciiDecoder | BinaryDecoder | None = None
        self._rate_hz = self._dialect.caps.rate_hz(None)
        self._volts: float | None = None
        self._running = self._triggered = False
        self._tail = b""
        self._warnings: tuple[str, ...] = ()
        self.caps = dialect.caps
        self.info = MeterInfo(
            dialect.kind, dialect.model, wanted, address=f"{dialect.kind}://{wanted}"
        )

    def open(self) -> None:
        """Take the instrument, end an earlier session, take control from its own buttons.

        Raises:
            MeterNotFound, AmbiguousMeter, MeterBusy: as `open_wire` and discovery.
            WrongDevice: what answers is another thing.
        """
        dialect = self._dialect
        refusal: HarnessError | None = None
        ports = choose_ports(
            dialect.kind, dialect.model, dialect.usb_ids, self._wanted, self._options
        )
        for port in ports:
            wire = open_wire(port, BAUD, self._options.clock)
            session = Session(wire, dialect, self._options)
            try:
                serial = session.identify()
            except WrongDevice as error:
                refusal = error
                wire.close()
                continue
            self._wire, self._session = wire, session
            return self._introduce(serial, wire, session)
        assert refusal is not None
        raise refusal

    def _introduce(self, serial: str, wire: Wire, session: Session) -> None:
        session.command_or_again(self._dialect.take_control)
        version = session.command("version").rpartition(":")[2].strip()
        if session.stale_bytes:
            self._warnings = (f"an earlier session left {session.stale_bytes} bytes",)
        self.info = MeterInfo(
            self._dialect.kind,
            self._dialect.model,
            self._wanted if not self._wanted.startswith("/") else serial,
            version,
            wire.where,
            self._options.simulated,
        )

    def close(self) -> None:
        """Stop, output off unless it is to be kept, give control back, let go."""
        wire, self._wire = self._wire, None
        session, self._session = self._session, None
        if wire is None:
            return
        if session is not None:
            with contextlib.suppress(RigError):
                wire.write(b"stop\n")
                wire.drain(self._options.drain_silent_s)
                if not self._options.keep_output:
                    session.command("pwr off")
                if self._dialect.release_control:
                    session.command(self._dialect.release_control)
        self._running = False
        wire.close()

    def set_voltage(self, volts: float) -> None:
        """Set the supply in steps of 1 mV.

        Raises:
            VoltageRefused: outside the range or above the user's limit; nothing was sent.
        """
        require_voltage(volts, self.caps, self._options.highest_v, self.info.address)
        self._command(self._dialect.set_volts.format(round(volts * 1000)))
        self._volts = volts

    def set_output(self, on: bool) -> None:
        """Connect or disconnect the board's supply; never before a voltage was set."""
        if on and self._volts is None:
            require_voltage(float("nan"), self.caps, None, self.info.address)
        self._command("pwr on" if on else "pwr off")

    def start(self, config: CaptureConfig) -> None:
        """Begin to sample: in text up to 5 kHz (the only one with edges), in binary above."""
        self._rate_hz = self.caps.rate_hz(config.rate_hz)
        self._triggered = config.sync is Sync.TRIGGER
        events = config.sync in {Sync.GATE, Sync.PULSE} and self._dialect.events
        text = self._rate_hz <= ASCII_MOST_HZ
        for setting in (
            f"freq {_amount(self._rate_hz)}",
            "acqtime inf",
            "acqmode dyn",
            "funcmode high",
            "output current",
            f"trigsrc {self._dialect.trigger if self._triggered else 'sw'}",
        ):
            self._command(setting)
        if events and text:
            self._command(f"eventsrc {self._dialect.events} fal")
        self._choose_format(text)
        self._decoder = AsciiDecoder(self._rate_hz) if text else BinaryDecoder(self._rate_hz)
        self._command("start")
        self._running = True

    def _choose_format(self, text: bool) -> None:
        names = ("ascii_dec",) if text else self._dialect.binary_names
        for name in names:
            try:
                self._command(f"format {name}")
                return
            except MeterCommandError:
                if name == names[-1]:
                    raise

    def read(self, timeout_s: float) -> SampleBlock | None:
        """The samples that have come."""
        assert self._decoder is not None
        if self._running:
            assert self._wire is not None
            data = self._wire.read(timeout_s)
        else:
            data, self._tail = self._tail, b""
        arrived = self._options.clock()
        block = self._decoder.feed(data, last=not self._running)
        if block is None:
            return None
        if any(fault.reason == "OVERCURRENT" for fault in block.faults) and self._wire is not None:
            self._wire.write(b"pwr off\n")
        return replace(block, arrived_s=arrived if self._running else 0.0)

    def stop(self) -> None:
        """End sampling; what is on its way is left to `read`."""
        if self._wire is not None and self._running:
            self._running = False
            self._wire.write(b"stop\n")
            self._tail = self._wire.drain(self._options.drain_silent_s)

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """Put the blocks of one recording together."""
        trace = join(
            blocks,
            rate_hz=self._rate_hz,
            info=self.info,
            caps=self.caps,
            voltage_v=self._volts or float("nan"),
            triggered=self._triggered,
            check_time=self._options.check_time,
        )
        return replace(trace, warnings=(*self._warnings, *trace.warnings))

    def _command(self, text: str) -> str:
        if self._session is None:
            raise RuntimeError("the meter is not open")
        return self._session.command(text)


def _amount(hz: float) -> str:
    return f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"
