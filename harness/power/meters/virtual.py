"""A virtual instrument on this machine, driven over a pseudo-terminal like the real one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

import numpy as np

from harness.domain.power import CaptureConfig, PowerMeter, SampleBlock, Trace
from harness.errors import UnknownName
from harness.power.options import MeterOptions
from harness.power.virtual import instruments
from harness.power.virtual.faults import Faults, faults_of
from harness.power.virtual.terminal import VirtualPort
from harness.power.virtual.waveform import FollowedGate, GatedLoad, PulsedLoad, Waveform

TITLE = "a virtual instrument that speaks the real wire protocol: lpm01a, ppk2, ..."
# What it feeds when no simulated board does: five windows of one second, with pauses. An instrument
# that only tells falling edges is fed by a board that pulses.
WINDOWS = [(0.5 + 1.5 * n, 1.5 + 1.5 * n) for n in range(5)]
_BOARD_S = 2.0
_STREAM_S = 1.0
_LOOK_S = 0.002


class VirtualMeter:
    """Starts the instrument when it is opened, and then is the real driver that talks to it.

    Where it follows a simulated board, samples come as far as the board has told what it does, as
    fast as they are read. Meanwhile `read` returns blocks without a sample: the instrument is not
    silent, the board's time stands still. `stop` first takes what the board has told of.
    """

    def __init__(
        self,
        name: str,
        options: MeterOptions,
        waveform: Waveform | None = None,
        faults: Faults | None = None,
        speed: float | None = 1.0,
    ) -> None:
        self._instrument = _instrument(name)
        load = PulsedLoad if _pulses(self._instrument) else GatedLoad
        board = waveform or load(WINDOWS, ripple_a=0.5e-3)
        self._followed = board if isinstance(board, FollowedGate) else None
        speed = None if self._followed else speed
        device = self._instrument.make(board, faults or Faults())
        self._port = VirtualPort(device, speed=speed)
        self._options = options
        self._next = 0
        self._running = False
        self._kept: list[SampleBlock] = []
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
        self._next = 0
        self._kept.clear()
        if self._followed is not None:
            self._followed.begin()
        self._driver.start(config)
        self._running = True

    def read(self, timeout_s: float) -> SampleBlock | None:
        """As the driver; an empty block while the board's time stands still."""
        if self._kept:
            return self._kept.pop(0)
        return self._fetch(timeout_s)

    def _fetch(self, timeout_s: float) -> SampleBlock | None:
        block = self._driver.read(timeout_s)
        if block is not None:
            self._next = block.index + len(block.current_a)
        elif self._running and self._followed is not None and self.device.waits:
            none = np.empty(0, np.uint8)
            sampled = none if self.caps.logic_channels else None
            return SampleBlock(self._next, np.empty(0, np.float32), none, logic=sampled)
        return block

    def stop(self) -> None:
        """As the driver, after all that a board has told of is there."""
        if self._running and self._followed is not None:
            self._take_rest(self._followed)
        self._running = False
        self._driver.stop()

    def _take_rest(self, board: FollowedGate) -> None:
        clock = self._options.clock
        limit = clock() + _BOARD_S
        while not board.settled() and clock() < limit:
            self._options.pause(_LOOK_S)
        limit = clock() + _STREAM_S
        while clock() < limit and not self.device.unplugged:
            if self.device.waits:
                break  # what is under way, the driver takes as it stops
            block = self._fetch(_LOOK_S)
            if block is not None:
                self._kept.append(block)
                limit = clock() + _STREAM_S

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """As the driver; marked as simulated."""
        told = [block for block in blocks if len(block.current_a) or block.edges or block.faults]
        return replace(self._driver.trace(told), origin="simulated")


def _instrument(name: str) -> ModuleType:
    names = [found.name for found in pkgutil.iter_modules(instruments.__path__)]
    module = name.replace("-", "_")
    if module not in names:
        raise UnknownName(
            f"there is no virtual instrument {name!r}",
            where=f"virtual:{name}",
            hint=f"Choose one of {', '.join(n.replace('_', '-') for n in sorted(names))}.",
        )
    return importlib.import_module(f"{instruments.__name__}.{module}")


def _pulses(instrument: ModuleType) -> bool:
    return bool(getattr(instrument, "PULSES", False))


def follow(rest: str) -> FollowedGate:
    """A load for the instrument at `virtual:NAME`; to be given to it and to a simulated board.

    Where the instrument tells falling edges only, the board must pulse.

    Raises:
        UnknownName: there is no such instrument.
    """
    return FollowedGate(pulses=_pulses(_instrument(rest.partition("?")[0])))


def open_meter(rest: str, options: MeterOptions) -> VirtualMeter:
    """The instrument at `virtual:NAME`, feeding `options.waveform`.

    Without one it runs in real time, and feeds a load made for demonstration. Faults may follow the
    name: `virtual:ppk2?unplug_after=5000` (see `Faults`).

    Raises:
        UnknownName: there is no such instrument or fault.
    """
    name, _, words = rest.partition("?")
    faults = faults_of(words, f"virtual:{rest}")
    return VirtualMeter(name, options, options.waveform, faults)
