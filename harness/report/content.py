"""What a report is made of: records of one or more runs, and what was kept beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from harness.domain.observation import OperatorCount
from harness.domain.profile import Profile
from harness.domain.record import CaseRecord, RunInfo
from harness.domain.units import Fidelity, Unit
from harness.domain.verdict import CaseVerdict


@dataclass(frozen=True)
class Comparison:
    """The verdicts on all cases beside those of `against`, a run or a baseline."""

    against: str
    verdicts: tuple[CaseVerdict, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OperatorStack:
    """The counts of a case's operators, each in a window of its own, in `unit`."""

    case: str
    model: str
    unit: Unit
    fidelity: Fidelity
    operators: tuple[OperatorCount, ...]


@dataclass(frozen=True)
class ClassCounts:
    """A confusion matrix: `counts[label][winner]` inputs of each label by the winning output."""

    case: str
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Point:
    """One run's value in a history; `label` tells which run or commit."""

    when: datetime
    value: float
    label: str


@dataclass(frozen=True)
class HistoryLine:
    """A quantity of one case over runs, oldest first; `changes` are indices of change points.

    A change point is the first run of a new level. `levels` are the two of a bistable case, which
    has no change points.
    """

    case: str
    quantity: str
    unit: Unit
    fidelity: Fidelity
    points: tuple[Point, ...]
    changes: tuple[int, ...] = ()
    levels: tuple[float, ...] = ()


@dataclass(frozen=True)
class CurrentTrace:
    """Current in amperes at `seconds`, and the (begin, end) of each window, in seconds.

    `histogram` has amperes and the share of the samples in the windows; `operators` a numbered name
    and joules each, NaN where it has none; `no_operators` says why there are none at all.
    """

    case: str
    fidelity: Fidelity
    seconds: tuple[float, ...] = field(repr=False)
    amperes: tuple[float, ...] = field(repr=False)
    windows: tuple[tuple[float, float], ...] = ()
    histogram: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    operators: tuple[tuple[str, float], ...] = ()
    no_operators: str = ""


@dataclass(frozen=True)
class Battery:
    """What battery life is worked out for; None where nobody told.

    `duty_cycle` is the fraction of time spent in inferences, `capacity_mah` what the battery gives
    until it is empty, `sleep_ua` the current between inferences.
    """

    duty_cycle: float | None = None
    capacity_mah: float | None = None
    sleep_ua: float | None = None


@dataclass(frozen=True)
class ReportContent:
    """Everything a report shows: records of `runs`, and the results database they are from."""

    runs: tuple[RunInfo, ...]
    records: tuple[CaseRecord, ...]
    made: datetime
    source: str = ""
    comparison: Comparison | None = None
    stacks: tuple[OperatorStack, ...] = ()
    profiles: tuple[Profile, ...] = ()
    confusions: tuple[ClassCounts, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    traces: tuple[CurrentTrace, ...] = ()
    battery: Battery = Battery()
