"""The board a virtual meter feeds: what it draws, and the levels of its pins, over time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
GATE_BIT = 0
LAYER_BIT = 1
PULSE_S = 2e-3
SETTLED_S = 5e-3


class Waveform(Protocol):
    """Current and pins as functions of the board's time in seconds."""

    def began_s(self) -> float:
        """The board's time of the first sample."""

    def current_a(self, t: Times) -> NDArray[np.float64]:
        """Amperes [n] at the times `t` [n]."""

    def logic(self, t: Times) -> NDArray[np.uint8]:
        """Levels [n] at `t`: bit 0 is the gate, bit 1 the operator pin."""

    def known_until_s(self) -> float:
        """Up to when the board has said what it does; infinity for a formula."""


@dataclass(frozen=True)
class GatedLoad:
    """Draws `active_a` while its gate is high, else `idle_a`, with a ripple whose mean is zero.

    `windows` are (rise, fall) in seconds; `toggles` are the edges of the operator pin. During
    `brown_out` it draws nothing.
    """

    windows: Sequence[tuple[float, float]]
    idle_a: float = 2e-3
    active_a: float = 10e-3
    ripple_a: float = 0.0
    ripple_hz: float = 1000.0
    toggles: Sequence[float] = ()
    brown_out: tuple[float, float] | None = None

    def current_a(self, t: Times) -> NDArray[np.float64]:
        """Amperes at `t`."""
        current = np.where(self._inside(t), self.active_a, self.idle_a)
        current = current + self.ripple_a * np.sin(2 * np.pi * self.ripple_hz * t)
        if self.brown_out is not None:
            current[(t >= self.brown_out[0]) & (t < self.brown_out[1])] = 0.0
        return current

    def logic(self, t: Times) -> NDArray[np.uint8]:
        """Levels at `t`."""
        gate = self._inside(t)
        layer = np.searchsorted(np.array(self.toggles, float), t, side="right") & 1
        return (gate << GATE_BIT | layer << LAYER_BIT).astype(np.uint8)

    def began_s(self) -> float:
        """Its time is that of the samples."""
        return 0.0

    def _inside(self, t: Times) -> NDArray[np.int64]:
        """1 within a window, else 0."""
        edges = np.array(self.windows, float).reshape(-1)
        return np.asarray(np.searchsorted(edges, t, side="right") & 1)

    def known_until_s(self) -> float:
        """A formula is known for ever."""
        return float("inf")

    def charge_c(self, start_s: float, end_s: float) -> float:
        """Coulombs between two times without the ripple and the brown-out, by integration."""
        high = sum(max(0.0, min(end_s, b) - max(start_s, a)) for a, b in self.windows)
        return high * self.active_a + (end_s - start_s - high) * self.idle_a


class PulsedLoad(GatedLoad):
    """The same load, whose pin is high and falls for `PULSE_S` as a window begins and ends."""

    def logic(self, t: Times) -> NDArray[np.uint8]:
        """Levels at `t`."""
        falls = np.array(self.windows, float).reshape(-1)
        last = np.searchsorted(falls, t, side="right") - 1
        since = t - np.where(last >= 0, falls[np.maximum(last, 0)], -np.inf)
        return np.where(since < PULSE_S, np.uint8(0), np.uint8(1 << GATE_BIT))


@dataclass
class FollowedGate:
    """The load of a simulated board, which tells it of its edges (`domain.gate.GateFeed`).

    It draws `active_a` while the gate is high, or with `pulses` from a falling edge of the gate to
    the next, else `idle_a`; the ripple has a mean of zero. Both pins are low at first.
    """

    idle_a: float = 2e-3
    active_a: float = 10e-3
    ripple_a: float = 0.0
    ripple_hz: float = 1000.0
    pulses: bool = False
    edges: list[float] = field(default_factory=list, init=False)
    toggles: list[float] = field(default_factory=list, init=False)
    _known_s: float = field(default=0.0, init=False)
    _began_s: float = field(default=0.0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def edge(self, at_s: float, *, operator_pin: bool = False) -> None:
        """The gate (or operator pin) changed its level; later edges have later times."""
        with self._lock:
            (self.toggles if operator_pin else self.edges).append(at_s)
            self._known_s = max(self._known_s, at_s)

    def advance(self, to_s: float) -> None:
        """Nothing else happened until `to_s`."""
        with self._lock:
            self._known_s = max(self._known_s, to_s)

    def known_until_s(self) -> float:
        """The time of the last edge, or what `advance` said."""
        with self._lock:
            return self._known_s

    def begin(self) -> None:
        """A recording begins at what is known of the board now; what was before is forgotten.

        So a window is never between a pulse of this recording and one of another.
        """
        with self._lock:
            self._began_s = self._known_s
            for edges in (self.edges, self.toggles):
                del edges[: len(edges) - len(edges) % 2]

    def began_s(self) -> float:
        """When the recording began."""
        with self._lock:
            return self._began_s

    def settled(self) -> bool:
        """Whether the gate is low, and known to have been so for `SETTLED_S`."""
        with self._lock:
            low = len(self.edges) % 2 == 0
            return low and self._known_s - max(self.edges, default=-SETTLED_S) >= SETTLED_S

    def windows(self) -> list[tuple[float, float]]:
        """When it drew `active_a`, in seconds of the board's time; the last may have no end yet."""
        with self._lock:
            marks = self.edges[1::2] if self.pulses else list(self.edges)
        if len(marks) % 2:
            marks.append(float("inf"))
        return list(zip(marks[::2], marks[1::2], strict=True))

    def current_a(self, t: Times) -> NDArray[np.float64]:
        """Amperes at `t`."""
        load = GatedLoad(self.windows(), self.idle_a, self.active_a, self.ripple_a, self.ripple_hz)
        return load.current_a(t)

    def logic(self, t: Times) -> NDArray[np.uint8]:
        """Levels at `t`."""
        with self._lock:
            edges, toggles = np.array(self.edges, float), np.array(self.toggles, float)
        gate = np.searchsorted(edges, t, side="right") & 1
        layer = np.searchsorted(toggles, t, side="right") & 1
        return (gate << GATE_BIT | layer << LAYER_BIT).astype(np.uint8)
