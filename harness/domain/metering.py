"""Energy as a part of a case: what is asked for, what the board did, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from harness.domain.energy import EnergyReading, OperatorEnergy, Window
from harness.domain.gate import GateFeed
from harness.domain.power import Invalid, MeterCaps, MeterInfo, Sync


@dataclass(frozen=True)
class BoardWindow:
    """One window as the board tells it: its own seconds, and how many inferences it answered.

    `board_s` is None where it tells no time. `host_s` is when the request was sent and when the
    answer was there, on the host's clock. `device_s` is when the gate rose and fell on a clock that
    runs on in the board from window to window, from any beginning; None where there is none, and
    for a simulated board, of whose time the host's clock tells nothing.
    """

    board_s: float | None
    answered: int
    host_s: tuple[float, float]
    device_s: tuple[float, float] | None = None


@dataclass(frozen=True)
class BoardWindows:
    """All windows of a recording, of `inferences` each; `discarded` of them, the first, warm up.

    Those that count must last at least `least_s` seconds. With `pulses` they lie between falling
    edges.
    """

    inferences: int
    windows: tuple[BoardWindow, ...]
    discarded: int
    least_s: float
    baseline: str | None = None
    pulses: bool = False


@dataclass(frozen=True, eq=False)
class EnergyFound:
    """What a recording says: an energy or why there is none, and the windows where they were found.

    `traces` are the arrays that keep each recording whole, one for all windows or one for each, and
    `board` is what the board told of them. `picture` are the arrays that a report draws.
    """

    reading: EnergyReading
    windows: tuple[Window, ...] = ()
    traces: tuple[Mapping[str, NDArray[Any]], ...] = field(default=(), repr=False)
    board: BoardWindows | None = None
    picture: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)


class Recording(Protocol):
    """Samples that are being taken while the body of a `with` runs the board."""

    def settle(self, seconds: float) -> None:
        """Let `seconds` pass in which nothing is asked of the board."""

    def failed(self) -> bool:
        """Whether the meter gave up: going on is of no use."""


class Metering(Protocol):
    """A meter that is open and feeds the board; its output is off however the case ends.

    `lost` says why it cannot be used any more, where it went away.
    """

    info: MeterInfo
    caps: MeterCaps
    sync: Sync
    gate: GateFeed | None
    lost: str

    def record(self, sync: Sync | None = None) -> AbstractContextManager[Recording]:
        """Sample while the body runs; a failure of the meter is told by what follows.

        `sync` None is the meter's best.
        """

    def energy(self, board: BoardWindows) -> EnergyFound:
        """What the recording before says of these windows."""

    def operators(
        self, board: BoardWindows, operator_s: Sequence[float], inference_j: float
    ) -> tuple[OperatorEnergy, ...] | Invalid:
        """The same for the operators of a recording of one window, which by the board's own time
        take `operator_s`, and whose energies must add up to `inference_j`."""
