"""How fast a link is, as seen by the host."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.measurement import Missing

BITS_PER_BYTE = 10


@dataclass(frozen=True)
class Spread:
    """The median of `n` readings, and their least and largest."""

    median: float
    minimum: float
    maximum: float
    n: int


@dataclass(frozen=True)
class LinkSpeed:
    """A link and the device behind it.

    `round_trip` is in seconds, from a HELLO to the end of its answer; `to_device` and
    `from_device` are bytes per second on the wire, with frames and all. `baud_rate` is None where
    the link has no rate of its own, as that of a simulated board; `trouble` says why it is not the
    one that was wanted, or nothing.
    """

    where: str
    target: str
    baud_rate: int | None
    round_trip: Spread
    to_device: Spread | Missing
    from_device: Spread
    frames_repeated: int
    trouble: str = ""

    def efficiency(self, rate: Spread | Missing) -> float | None:
        """The share of the baud rate that `rate` makes of it, with ten bits a byte."""
        if self.baud_rate is None or isinstance(rate, Missing):
            return None
        return rate.median * BITS_PER_BYTE / self.baud_rate
