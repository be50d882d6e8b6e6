"""Bench multimeters that speak SCPI, through PyVISA: block after block of current readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.domain.power import (
    Accuracy,
    CaptureConfig,
    MeterCaps,
    MeterInfo,
    SampleBlock,
    SampleFlag,
    Trace,
)
from harness.errors import (
    HarnessError,
    MeterBusy,
    MeterCommandError,
    MeterDisconnected,
    MeterNotFound,
    MeterTimeout,
)
from harness.power.limits import feeds_nothing
from harness.power.options import MeterOptions
from harness.power.packages import maker_package
from harness.power.recording import join

TITLE = "SCPI multimeter through PyVISA (extra: scpi)"
RATE_HZ = 1000.0
READINGS = 1_000_000
POLL_S = 0.02
OVERLOAD = 9.9e37
NOT_A_NUMBER = 9.91e37
CAPS = MeterCaps(
    voltage_range_v=None,
    max_current_a=3.0,
    rates_hz=(RATE_HZ,),
    logic_channels=0,
    events=False,
    measures_voltage=False,
    accuracy=Accuracy(0.005, 0.01, 1e-3, 1e-6, "assumed 0.5 %: state the model's own"),
)


class ScpiMeter:
    """One multimeter in series with the board's supply.

    It samples into its memory on its own clock, and R? takes out what is there (Keysight Truevolt
    operating guide; other makers' words differ). After each setting its error queue is read.
    """

    def __init__(self, resource: str, options: MeterOptions, manager: Any = None) -> None:
        self._resource = resource
        self._options = options
        self._manager = manager
        self._meter: Any = None
        self._index = 0
        self._running = False
        self._errors: tuple[type[Exception], ...] = (OSError, ValueError)
        self.caps = CAPS
        self.info = MeterInfo("scpi", "SCPI", address=f"scpi:{resource}")

    def open(self) -> None:
        """Open the resource, reset it, and configure direct current.

        Raises:
            MeterDriverMissing: no PyVISA.
            MeterNotFound, MeterBusy: from the resource.
            MeterCommandError: a setting was refused.
        """
        if self._manager is None:
            visa = maker_package("pyvisa", "scpi", self._resource)
            self._manager = visa.ResourceManager("@py")
            self._errors = (*self._errors, visa.errors.Error)
        try:
            self._meter = self._manager.open_resource(self._resource)
        except self._errors as error:
            raise self._mapped(error, opening=True) from error
        self._meter.timeout = 1000 * self._options.answer_s
        self._meter.read_termination = self._meter.write_termination = "\n"
        maker, model, serial, firmware = ([*self._ask("*IDN?").split(","), *[""] * 4])[:4]
        self.info = MeterInfo(
            "scpi", f"{maker} {model}".strip(), serial, firmware, self.info.address
        )
        for command in (
            "*RST",
            "CONF:CURR:DC",
            f"SAMP:TIM {1 / RATE_HZ:g}",
            f"SAMP:COUN {READINGS}",
            "TRIG:SOUR IMM",
        ):
            self._tell(command)

    def close(self) -> None:
        """Stop and let go; a multimeter has no output."""
        meter, self._meter = self._meter, None
        if meter is not None:
            meter.close()

    def set_voltage(self, volts: float) -> None:
        """Refused: a multimeter feeds nothing.

        Raises:
            VoltageRefused: always.
        """
        raise feeds_nothing(volts, "a multimeter", self.info.address)

    def set_output(self, on: bool) -> None:
        """A multimeter has no output."""

    def start(self, config: CaptureConfig) -> None:
        """Begin to fill the memory."""
        self._index = 0
        self._running = True
        self._tell("INIT")

    def read(self, timeout_s: float) -> SampleBlock | None:
        """Take out what is in the memory."""
        if not self._running:
            return None
        words = block_content(self._ask("R?"))
        if not words:
            self._options.pause(min(timeout_s, POLL_S))
            return None
        values = np.array([float(word) for word in words.split(",")])
        over = np.abs(values) >= OVERLOAD
        invalid = np.abs(values) >= NOT_A_NUMBER
        block = SampleBlock(
            self._index,
            np.where(over, np.nan, values).astype(np.float32),
            np.where(over & ~invalid, SampleFlag.OVERRANGE, np.uint8(0)),
            arrived_s=self._options.clock(),
        )
        self._index += len(values)
        return block

    def stop(self) -> None:
        """End the block that runs."""
        if self._running:
            self._running = False
            self._tell("ABOR")

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """Put the blocks of one recording together."""
        return join(
            blocks,
            rate_hz=RATE_HZ,
            info=self.info,
            caps=self.caps,
            voltage_v=float("nan"),
            check_time=self._options.check_time,
        )

    def _ask(self, query: str) -> str:
        try:
            return str(self._meter.query(query)).strip()
        except self._errors as error:
            raise self._mapped(error) from error

    def _tell(self, command: str) -> None:
        try:
            self._meter.write(command)
        except self._errors as error:
            raise self._mapped(error) from error
        answer = self._ask("SYST:ERR?")
        if not answer.startswith(("0", "+0")):
            raise MeterCommandError(
                command,
                detail=answer,
                where=self.info.address,
                hint="Look into the instrument's programming guide for its words.",
            )

    def _mapped(self, error: Exception, *, opening: bool = False) -> HarnessError:
        """An error of PyVISA or of the operating system below it in our words."""
        text = str(error)
        if "TMO" in text or isinstance(error, TimeoutError):
            return MeterTimeout(
                f"the meter did not answer within {self._options.answer_s:g} s",
                deadline_s=self._options.answer_s,
                where=self.info.address,
                hint="Check the cable, and that nothing is shown on the meter's screen.",
            )
        if "BUSY" in text or "LOCKED" in text:
            return MeterBusy(
                "the meter is in use by another program",
                where=self.info.address,
                hint="Close the program that holds it.",
            )
        kind = MeterNotFound if opening else MeterDisconnected
        what = "no meter at this address" if opening else "the meter was disconnected"
        return kind(
            f"{what} ({text})", where=self.info.address, hint="Check the address and the cable."
        )


def block_content(answer: str) -> str:
    """What is in a definite-length block such as "#15+1.0E" (IEEE 488.2, 8.7.9).

    Raises:
        ValueError: it is none, or shorter than it says.
    """
    if answer[:1] != "#" or not answer[1:2].isdigit():
        raise ValueError(f"no block: {answer[:20]!r}")
    digits = int(answer[1])
    length = int(answer[2 : 2 + digits] or "0")
    content = answer[2 + digits : 2 + digits + length]
    if len(content) < length:
        raise ValueError(f"a block of {len(content)} bytes says it has {length}")
    return content


def open_meter(rest: str, options: MeterOptions) -> ScpiMeter:
    """The multimeter at `scpi:TCPIP::192.168.1.5::5025::SOCKET`."""
    return ScpiMeter(rest, options)
