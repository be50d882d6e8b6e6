"""Cycles that were worked out from instructions and never measured: an interval with its basis."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NetClass(StrEnum):
    """The kind of network, which decides its cycles per instruction."""

    CONVOLUTIONAL = "conv"
    FULLY_CONNECTED = "fc"


@dataclass(frozen=True)
class CyclesPerInstruction:
    """CPI of one core, or of one board, for one class of network.

    The true value lies within the fraction `band` of `cpi` for nearly all networks that it was
    checked with; `basis` says which, and where the constant is from.
    """

    of: str
    net: NetClass
    cpi: float
    band: float
    basis: str


@dataclass(frozen=True)
class CycleEstimate:
    """Cycles per inference between `low` and `high`; `middle` is instructions times CPI."""

    low: float
    middle: float
    high: float
    constant: CyclesPerInstruction

    def __str__(self) -> str:
        constant = self.constant
        return (
            f"{short(self.low)}..{short(self.high)} ({short(self.middle)} "
            f"±{100 * constant.band:.0f} %; CPI {constant.cpi:.3g}, {constant.of} {constant.net})"
        )


def short(count: float) -> str:
    """A count with three significant digits: `12.2M`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:#.3g}{letter}".replace(f".{letter}", letter)
    return f"{count:.3g}"
