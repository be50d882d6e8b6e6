"""What a power meter gives: samples of current and voltage on its own clock, and edges of pins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Bits = NDArray[np.uint8]


class SampleFlag:
    """What is known of one sample beside its value, one bit each."""

    LOST = np.uint8(1)
    OVERRANGE = np.uint8(2)
    BAD_RANGE = np.uint8(4)
    RANGE_SWITCH = np.uint8(8)


class Reason(StrEnum):
    """Why there is no number."""

    GATE_NO_RISE = "GATE_NO_RISE"
    GATE_NOT_LOWERED = "GATE_NOT_LOWERED"
    EXTRA_EDGES = "EXTRA_EDGES"
    MISSING_EDGES = "MISSING_EDGES"
    OUTSIDE_TRACE = "OUTSIDE_TRACE"
    WINDOW_TOO_SHORT = "WINDOW_TOO_SHORT"
    CLOCK_MISMATCH = "CLOCK_MISMATCH"
    WRONG_COUNT = "WRONG_COUNT"
    LOW_COVERAGE = "LOW_COVERAGE"
    LOST_TIME = "LOST_TIME"
    OVERRANGE = "OVERRANGE"
    OVERCURRENT = "OVERCURRENT"
    DESYNC = "DESYNC"
    UNPOWERED = "UNPOWERED"
    BROWN_OUT = "BROWN_OUT"
    DISCONNECTED = "DISCONNECTED"
    SILENT = "SILENT"
    CLOSURE = "CLOSURE"
    LINK_ACTIVE = "LINK_ACTIVE"
    NO_CLOCK = "NO_CLOCK"
    BOARD_FAILED = "BOARD_FAILED"
    TOO_SLOW = "TOO_SLOW"


@dataclass(frozen=True)
class Invalid:
    """There is no number, for this reason; `detail` has values and units, `hint` what to do."""

    reason: Reason
    detail: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"invalid: {self.reason}: {self.detail}"
        return f"{text}\n  -> {self.hint}" if self.hint else text


@dataclass(frozen=True)
class Accuracy:
    """What the maker states, as half widths of rectangular distributions.

    `gain`, `voltage` and `time_base` are relative, `offset_a` is in amperes. `source` names the
    document, and says whether the figures are typical or limits.
    """

    gain: float
    voltage: float
    time_base: float
    offset_a: float
    source: str


@dataclass(frozen=True)
class MeterInfo:
    """Which instrument this is; `simulated` samples never become a number of silicon."""

    driver: str
    model: str
    serial: str = ""
    firmware: str = ""
    address: str = ""
    simulated: bool = False


@dataclass(frozen=True)
class MeterCaps:
    """What an instrument can do; `voltage_range_v` is None where it feeds nothing.

    `usual_rate_hz` is taken where no rate is asked for, None: the highest. `recorded` says that all
    samples are there already: after them nothing will come. `triggers` says that the rising gate
    can start it.
    """

    voltage_range_v: tuple[float, float] | None
    max_current_a: float
    rates_hz: tuple[float, ...]
    logic_channels: int
    events: bool
    measures_voltage: bool
    accuracy: Accuracy
    usual_rate_hz: float | None = None
    recorded: bool = False
    triggers: bool = False

    def rate_hz(self, wanted: float | None) -> float:
        """The rate that is nearest to the `wanted` one, or the usual one."""
        if wanted is None:
            return self.usual_rate_hz or max(self.rates_hz)
        return min(self.rates_hz, key=lambda known: abs(known - wanted))


class Sync(StrEnum):
    """What of the gate pin the instrument is asked to record."""

    GATE = "gate"
    PULSE = "pulse"
    TRIGGER = "trigger"
    NONE = "none"


@dataclass(frozen=True)
class CaptureConfig:
    """How to sample: at the rate nearest to `rate_hz` (None: the usual one), with which edges."""

    rate_hz: float | None = None
    sync: Sync = Sync.GATE


@dataclass(frozen=True)
class Edge:
    """An edge the instrument reported: before sample `index`.

    `rising` is None where the instrument does not tell, `number` its own running count. Where
    samples were lost near it, it may be up to `late_by` samples later.
    """

    index: int
    channel: str
    rising: bool | None = None
    number: int | None = None
    late_by: int = 0


@dataclass(frozen=True)
class SampleBlock:
    """Consecutive samples, gaps filled with NaN; `index` is the first one's since the start.

    `current_a` float32 [n]; `voltage_v` float32 [n] or None where it is only set, not measured;
    `logic` and `flags` uint8 [n]. `arrived_s` is the host's time of the last byte.
    """

    index: int
    current_a: Floats
    flags: Bits
    logic: Bits | None = None
    voltage_v: Floats | None = None
    edges: tuple[Edge, ...] = ()
    faults: tuple[Invalid, ...] = ()
    warnings: tuple[str, ...] = ()
    arrived_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Trace:
    """All samples of one recording, on the instrument's time base: sample k is at k / `rate_hz`.

    `current_a` float32 [n] in amperes, NaN where a sample was lost; `voltage_v` in volts, float32
    [n] where it was measured, else the one that was set; `flags` uint8 [n] of `SampleFlag`; `logic`
    uint8 [n], bit b is digital input b, None where the instrument samples none. `triggered` says
    that sample 0 is the rising edge of the gate. `faults` make every window of it invalid. `origin`
    is "measured", "simulated" or "imported". On the host's clock sample 0 was taken at `started_s`
    at the latest, by when the samples were there, and at `earliest_s` at the earliest; None where
    that is not known. With `host_time` the time base is the host's own.
    """

    rate_hz: float
    current_a: Floats
    voltage_v: Floats | float
    flags: Bits
    info: MeterInfo
    accuracy: Accuracy
    max_current_a: float = float("inf")
    logic: Bits | None = None
    channel_names: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    triggered: bool = False
    faults: tuple[Invalid, ...] = ()
    warnings: tuple[str, ...] = ()
    origin: str = "measured"
    started_s: float | None = None
    earliest_s: float | None = None
    host_time: bool = False
    sha256: str = field(default="", compare=False)

    def __len__(self) -> int:
        return len(self.current_a)

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the end of the last."""
        return len(self) / self.rate_hz

    @property
    def lost(self) -> int:
        """How many samples have no value."""
        return int(np.isnan(self.current_a).sum())

    def with_faults(self, *faults: Invalid) -> Trace:
        """The same samples with more that is wrong with them."""
        return replace(self, faults=(*self.faults, *faults))


class PowerMeter(Protocol):
    """An instrument; every call ends by a deadline, and raises only `RigError`s."""

    info: MeterInfo
    caps: MeterCaps

    def open(self) -> None:
        """Take the instrument for this process alone, and end what an earlier session left."""

    def close(self) -> None:
        """Stop, switch the output off, let go; closing twice does nothing."""

    def set_voltage(self, volts: float) -> None:
        """Set the supply, in volts.

        Raises:
            VoltageRefused: it is outside the limits, or the meter has no supply; nothing was sent.
        """

    def set_output(self, on: bool) -> None:
        """Connect or disconnect the supply of the board."""

    def start(self, config: CaptureConfig) -> None:
        """Begin to sample."""

    def read(self, timeout_s: float) -> SampleBlock | None:
        """The samples that have come; None after `timeout_s` without one, or at a trace's end."""

    def stop(self) -> None:
        """End sampling and take what is on its way; stopping twice does nothing."""

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """Put the blocks of one recording together."""
