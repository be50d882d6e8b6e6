"""What happens during a run, told to whoever renders it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.domain.plan import Case
from harness.domain.record import CaseRecord

if TYPE_CHECKING:  # numpy comes with it, and shell completion must not wait for that
    from harness.domain.energy import EnergyReading


class Stage(StrEnum):
    """The steps of one case, in order.

    OPERATORS only where their own counts are needed, ENERGY only with a power meter, STORE only
    where records are kept.
    """

    BUILD = "building firmware"
    BRING_UP = "starting target"
    FLASH = "flashing and verifying"
    HANDSHAKE = "handshake"
    STREAM = "streaming inputs"
    OPERATORS = "counting each operator by itself"
    ENERGY = "measuring energy"
    STOP = "stopping target"
    VERIFY = "comparing with host reference"
    STORE = "storing"


@dataclass(frozen=True)
class CaseStarted:
    """Case `number` of `total` begins."""

    case: Case
    number: int
    total: int


@dataclass(frozen=True)
class StageStarted:
    """The running case enters a stage."""

    stage: Stage


@dataclass(frozen=True)
class Note:
    """A step that takes long begins, in words."""

    text: str


@dataclass(frozen=True)
class Flashing:
    """What the probe does with the memory of the target, and the fraction done, 0 to 1."""

    phase: str
    fraction: float


@dataclass(frozen=True)
class InputsDone:
    """`done` of `total` inputs of the running case have been answered."""

    done: int
    total: int


@dataclass(frozen=True)
class Computed:
    """Of the streaming of inputs, the seconds in which the end of an inference was waited for."""

    seconds: float


@dataclass(frozen=True)
class EnergyMeasured:
    """What a meter says of the running case."""

    reading: EnergyReading


@dataclass(frozen=True)
class CaseFinished:
    """A case ended, well or not; its record is already in the store.

    One that was taken over ended in an earlier part of the run.
    """

    record: CaseRecord
    taken_over: bool = False


Event = (
    CaseStarted
    | StageStarted
    | Note
    | Flashing
    | InputsDone
    | Computed
    | EnergyMeasured
    | CaseFinished
)
Listener = Callable[[Event], None]


def is_step(event: Event) -> bool:
    """Whether a listener that raises at `event` ends the running case, and its record is kept."""
    if isinstance(event, StageStarted):
        return event.stage is not Stage.STORE
    return isinstance(event, Flashing | InputsDone | Computed)


def nobody(event: Event) -> None:
    """Listen to nothing."""
