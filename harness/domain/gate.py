"""How a simulated board tells the edges of its pins, and what its firmware is asked to mark."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

LEAST_CLOCK_HZ = 100_000


class GateMode(IntEnum):
    """What the gate pin does while inferences are metered: firmware/PROTOCOL.md, METERED.

    The numbers are those of the message.
    """

    LEVEL = 1
    """High exactly during the inferences."""
    PULSE = 2
    """A falling edge as they begin and one as they end, for meters that see no other."""
    OPERATORS = 3
    """As LEVEL; another pin toggles at every border of an operator."""


class GateFeed(Protocol):
    """Takes what a simulated board does, in seconds of its own virtual time, never backwards.

    Both pins are low at first. The calls come from a thread of the machine's.
    """

    def edge(self, at_s: float, *, operator_pin: bool = False) -> None:
        """The gate (or the operator pin) changed its level at `at_s`."""

    def advance(self, to_s: float) -> None:
        """Nothing else happened until `to_s`."""

    def known_until_s(self) -> float:
        """What it was told last; a board that is started anew begins there, with both pins low."""


@dataclass(frozen=True)
class ClockReading:
    """A clock of the board that no window restarts, at the edges of one: 32 bits, which wrap."""

    began: int
    ended: int
    hz: int


@dataclass(frozen=True)
class MeteredReply:
    """The answer to METERED: how many inferences lay between the edges of the gate.

    `ticks` is the sum of their windows on the device's counter. In mode OPERATORS it holds the
    toggling of the pin and is no measure of latency. The outputs are those of the last one. `clock`
    is None for a board without a clock that runs on.
    """

    repeats: int
    ticks: int
    link_interrupts: int
    outputs: tuple[bytes, ...] = field(repr=False)
    clock: ClockReading | None = None
