"""A virtual instrument on this machine, driven over a pseudo-terminal like the real one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import replace

from harness.domain.power import CaptureConfig, PowerMeter, SampleBlock, Trace
from harness.errors import UnknownName
from harness.power.options import MeterOptions
from harness.power.virtual import instruments
from harness.power.virtual.faults import Faults
from harness.power.virtual.terminal import VirtualPort
from harness.power.virtual.waveform import GatedLoad, PulsedLoad, Waveform

TITLE = "a virtual instrument that speaks the real wire protocol: lpm01a, ppk2, ..."
# What it feeds when no simulated board does: five windows of one second, with pauses. An instrument
# that only tells falling edges is fed by a board that pulses.
WINDOWS = [(0.5 + 1.5 * n, 1.5 + 1.5 * n) for n in range(5)]


class VirtualMeter:
    """Starts the instrument when it is opened, and then is the real driver that talks to it."""

    def __init__(
        self,
        name: str,
        options: MeterOptions,
        waveform: Waveform | None = None,
        faults: Faults | None = None,
        speed: float | None = 1.0,
    ) -> None:
        self._instrument = _instrument(name)
        load = PulsedLoad if getattr(self._instrument, "PULSES", False) else GatedLoad
        board = waveform or load(WINDOWS, ripple_a=0.5e-3)
        device = self._instrument.make(board, faults or Faults())
        self._port = VirtualPort(device, speed=speed)
        own = replace(options, simulated=True, check_time=options.check_time and speed == 1.0)
        self._driver: PowerMeter = self._instrument.drive(self._port.address, own)
        self._up = False
        self.device = device
        self.caps = self._driver.caps
        self.info = replace(self._driver.info, simulated=True)

    def open(self) -> None:
        """Start the instrument, then open it as a real one."""
        self._port.__enter__()
        self._up = True
        self._driver.open()
        self.info = replace(self._driver.info, simulated=True)

    def close(self) -> None:
        """Let the driver make the output safe, then end the instrument."""
        self._driver.close()
        if self._up:
            self._up = False
            self._port.__exit__(None, None, None)

    def set_voltage(self, volts: float) -> None:
        """As the driver."""
        self._driver.set_voltage(volts)

    def set_output(self, on: bool) -> None:
        """As the driver."""
        self._driver.set_output(on)

    def start(self, config: CaptureConfig) -> None:
        """As the driver."""
        self._driver.start(config)

    def read(self, timeout_s: float) -> SampleBlock | None:
        """As the driver."""
        return self._driver.read(timeout_s)

    def stop(self) -> None:
        """As the driver."""
        self._driver.stop()

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """As the driver; marked as simulated."""
        return replace(self._driver.trace(blocks), origin="simulated")


def _instrument(name: str):  # type: ignore[no-untyped-def]
    names = [found.name for found in pkgutil.iter_modules(instruments.__path__)]
    module = name.replace("-", "_")
    if module not in names:
        raise UnknownName(
            f"there is no virtual instrument {name!r}",
            where=f"virtual:{name}",
            hint=f"Choose one of {', '.join(n.replace('_', '-') for n in sorted(names))}.",
        )
    return importlib.import_module(f"{instruments.__name__}.{module}")


def open_meter(rest: str, options: MeterOptions) -> VirtualMeter:
    """The instrument at `virtual:NAME`, in real time, feeding a load made for demonstration."""
    return VirtualMeter(rest, options)
