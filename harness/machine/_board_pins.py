"""What a simulated board's pins do, from its own counter to the seconds of a `GateFeed`."""

from __future__ import annotations

from enum import IntEnum

from harness.domain.gate import GateFeed

REST_S = 0.02
"""How long a rest is for the feed: in it the board waits for its host."""
TAIL_S = 0.01
"""How much of a rest is told when it begins, so that a recording ends with it."""
_WRAP = 1 << 32


class Told(IntEnum):
    """What a board tells: firmware/ports/common/cmsdk_gate.h."""

    GATE_LOW = 0
    GATE_HIGH = 1
    OPERATOR_LOW = 2
    OPERATOR_HIGH = 3
    ASLEEP = 4
    STARTED = 5


class BoardPins:
    """One board from start to stop.

    Times of the feed are those of the board's counter while it computes, and `REST_S` for each time
    in which it sleeps until its host speaks: so they are the same in every run, to a tick. Between
    two things told while it computes fewer than 2^32 ticks pass.
    """

    def __init__(self, feed: GateFeed) -> None:
        self._feed = feed
        self._at_s = feed.known_until_s()
        self._ticks = 0
        self._resting = True
        self._high = {Told.GATE_HIGH: False, Told.OPERATOR_HIGH: False}
        self._rest()

    def told(self, what: Told, ticks: int, hz: int) -> None:
        """Take one thing that the board told, at `ticks` of its counter, which runs at `hz`."""
        if what is Told.STARTED:
            self.stopped()
            return
        if self._resting:
            self._at_s += REST_S
        else:
            self._at_s += ((ticks - self._ticks) % _WRAP) / hz
        self._ticks = ticks
        self._resting = False
        if what is Told.ASLEEP:
            self._rest()
        else:
            self._level(Told(what | 1), high=bool(what & 1))

    def stopped(self) -> None:
        """The board was reset or lost its supply, nobody knows when: its pins fall."""
        if self._resting and not any(self._high.values()):
            return
        self._at_s += REST_S
        for pin in self._high:
            self._level(pin, high=False)
        self._rest()

    def _level(self, pin: Told, *, high: bool) -> None:
        if self._high[pin] != high:
            self._high[pin] = high
            self._feed.edge(self._at_s, operator_pin=pin is Told.OPERATOR_HIGH)
        else:
            self._feed.advance(self._at_s)

    def _rest(self) -> None:
        self._resting = True
        self._feed.advance(self._at_s + TAIL_S)
