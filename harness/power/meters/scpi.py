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
    VoltageRefused,
)
from harness.power.options import MeterOptions
from harness.power.packages import maker_package
from harness.power.recording import join

TITLE = "SCPI multimeter through PyVISA (extra: scpi)"
RATE_HZ = 1000.0
BLOCK = 100
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

    It samples in blocks on its own trigger; between two blocks it is blind, so windows have to be
    long. After each setting its error queue is read.
    """

    def __init__(self, resource: str, options: MeterOptions, manager: Any = None) -> None:
        self._resource = resource
        self._options = options
        self._manager = manager
        self._meter: Any = None
        self._index = 0
        self._running = False
        self._began = 0.0
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
        try:
            self._meter = self._manager.open_resource(self._resource)
        except Exception as error:
            raise self._mapped(error, opening=True) from error
        self._meter.timeout = 1000 * self._options.answer_s
        self._meter.read_termination = self._meter.write_termination = "\n"
        maker, model, serial, firmware = ([*self._ask("*IDN?").split(","), *[""] * 4])[:4]
        self.info = MeterInfo(
            "scpi", f"{maker} {model}".strip(), serial, firmware, self.info.address
        )
        for command in ("*RST", "CONF:CURR:DC", f"SAMP:COUN {BLOCK}", "TRIG:SOUR IMM"):
            self._tell(command)

    def close(self) -> None:
        """Stop and let go; a multimeter has no output."""
        meter, self._meter = self._meter, None
        if meter is not None:
            meter.close()

    def set_voltage(self, volts: float) -> None:
        """Refused: a multimeter feeds nothing."""
        raise VoltageRefused(
            f"{volts:g} V were asked for, and a multimeter feeds nothing; nothing was sent",
            where=self.info.address,
            hint="Set the voltage at the supply, and leave --voltage out.",
        )

    def set_output(self, on: bool) -> None:
        """A multimeter has no output."""

    def start(self, config: CaptureConfig) -> None:
        """Begin the first block."""
        self._index = 0
        self._began = self._options.clock()
        self._running = True
        self._tell("INIT")

    def read(self, timeout_s: float) -> SampleBlock | None:
        """Fetch a block and begin the next; the time in between is NaN."""
        if not self._running:
            return None
        values = np.array([float(word) for word in self._ask("FETC?").split(",")])
        arrived = self._options.clock()
        self._tell("INIT")
        over = np.abs(values) >= OVERLOAD
        invalid = np.abs(values) >= NOT_A_NUMBER
        flags = np.where(over & ~invalid, SampleFlag.OVERRANGE, np.uint8(0))
        current = np.where(over, np.nan, values).astype(np.float32)
        end = round((arrived - self._began) * RATE_HZ)
        blind = max(0, end - self._index - len(current))
        block = SampleBlock(
            self._index,
            np.concatenate((np.full(blind, np.nan, np.float32), current)),
            np.concatenate((np.full(blind, SampleFlag.LOST, np.uint8), flags)),
        )
        self._index += blind + len(current)
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
            check_time=False,
        )

    def _ask(self, query: str) -> str:
        try:
            return str(self._meter.query(query)).strip()
        except Exception as error:
            raise self._mapped(error) from error

    def _tell(self, command: str) -> None:
        try:
            self._meter.write(command)
        except Exception as error:
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


def open_meter(rest: str, options: MeterOptions) -> ScpiMeter:
    """The multimeter at `scpi:TCPIP::192.168.1.5::5025::SOCKET`."""
    return ScpiMeter(rest, options)
