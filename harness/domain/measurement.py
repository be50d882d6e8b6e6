"""A measured number with its provenance, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.units import Fidelity, Unit


@dataclass(frozen=True)
class Measurement:
    """One measured quantity.

    `value` is the median of `n` readings, `minimum` and `maximum` their spread, all in `unit`.
    `resolution` is the smallest step the instrument can tell, in the same unit.
    """

    quantity: str
    value: float
    unit: Unit
    n: int
    minimum: float
    maximum: float
    fidelity: Fidelity
    instrument: str
    method: str
    resolution: float | None = None


@dataclass(frozen=True)
class Missing:
    """A quantity that has no number, and why."""

    quantity: str
    reason: str


Reading = Measurement | Missing
