"""Energy of a window of inferences, with its uncertainty, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.domain.power import Invalid, MeterInfo

UNSTEADY = 0.005
"""A coefficient of variation of the windows above which a reader is warned.

Published energies of MLPerf Tiny repeat to 0.0002 to 0.0017.
"""


WIDE_EDGES = 0.01
"""An error of the edges, as a part of the window, above which markers count for no regression.

It is as much as a gain of 1 % that nothing keeps the same from day to day.
"""


class Alignment(StrEnum):
    """How a window was found in the samples, the most trustworthy first."""

    GATE = "gate"
    PULSE = "pulse"
    EVENT = "event"
    HARDWARE_START = "hw-start"
    MARKER = "marker"
    STEP = "step"
    HOST = "host"


REPEATABLE = frozenset(Alignment) - {Alignment.STEP, Alignment.HOST}
"""The ways to find windows that are the same on any day: their energies may be compared."""


@dataclass(frozen=True)
class Window:
    """Samples `first` to `end` (not included); each edge is uncertain by +-`edge_error_s`.

    Where an instrument samples or reports the edges themselves, that is the sample in which each
    lies, always on the same side.
    """

    first: int
    end: int
    alignment: Alignment
    edge_error_s: float


@dataclass(frozen=True)
class WindowEnergy:
    """What one window holds: joules, coulombs, seconds, amperes, volts, watts.

    `coverage` is the part of its samples that have a value; the rest was taken as their mean.
    """

    window: Window
    inferences: int
    time_s: float
    energy_j: float
    charge_c: float
    mean_current_a: float
    peak_current_a: float
    voltage_v: float
    coverage: float
    lost: int
    warnings: tuple[str, ...] = ()

    @property
    def power_w(self) -> float:
        """Mean power."""
        return self.energy_j / self.time_s

    @property
    def energy_per_inference_j(self) -> float:
        """Gross energy of one inference."""
        return self.energy_j / self.inferences


@dataclass(frozen=True)
class Baseline:
    """A named state of the board and the power it takes, in watts."""

    name: str
    power_w: float
    relative_uncertainty: float = 0.0


@dataclass(frozen=True)
class Component:
    """One source of uncertainty: relative standard uncertainty, type A (statistics) or B."""

    name: str
    relative: float
    kind: str


@dataclass(frozen=True)
class EnergySummary:
    """Energy per inference over M windows: their median, its expanded uncertainty (k = 2).

    `repeatability` is the coefficient of variation of the windows, None where there is one.
    `net_j` is what is left when `baseline` is taken off, and never compared across baselines.
    """

    windows: tuple[WindowEnergy, ...]
    energy_j: float
    expanded_j: float
    repeatability: float | None
    charge_c: float
    mean_current_a: float
    peak_current_a: float
    voltage_v: float
    time_s: float
    coverage: float
    alignment: Alignment
    budget: tuple[Component, ...]
    meter: MeterInfo
    origin: str
    baseline: Baseline | None = None
    net_j: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def way(self) -> str:
        """The alignment in words: markers that place a window badly are a way of their own."""
        wide = max(one.window.edge_error_s / one.time_s for one in self.windows) > WIDE_EDGES
        return f"{self.alignment} with wide edges" if self._by_marker and wide else self.alignment

    @property
    def for_regression(self) -> bool:
        """Whether this may be compared with another day's; never a simulation's."""
        return self.way in REPEATABLE and self.origin == "measured"

    @property
    def _by_marker(self) -> bool:
        return self.alignment is Alignment.MARKER


@dataclass(frozen=True)
class OperatorEnergy:
    """Mean energy and time of an operator over `inferences`, or why it has none.

    Of `count` operators from `index` on, where the meter does not tell them apart.
    """

    index: int
    inferences: int
    time_s: float
    energy_j: float | Invalid
    mean_current_a: float
    count: int = 1

    def name(self, names: Sequence[str]) -> str:
        """Such as `3 CONV_2D` or `4-5 RESHAPE + SOFTMAX`, by the names of all operators."""
        last = self.index + self.count - 1
        number = f"{self.index}" if self.count == 1 else f"{self.index}-{last}"
        return f"{number} {' + '.join(names[self.index : last + 1])}".strip()


EnergyReading = EnergySummary | Invalid
