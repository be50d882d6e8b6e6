"""Energy worked out from a data sheet's current and never measured: an interval with its basis."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_RELATIVE = 0.5
"""Regulator, memory and kernel change a current by factors: no estimate is better than this."""


@dataclass(frozen=True)
class PowerModel:
    """Current of a chip as its data sheet states it, in amperes, and under which conditions.

    `relative` is the half width of the interval the true value is expected in, at least
    `LEAST_RELATIVE`.
    """

    current_a: float
    voltage_v: float
    clock_hz: int
    mode: str
    document: str
    revision: str
    table: str
    conditions: str
    relative: float = LEAST_RELATIVE

    @property
    def basis(self) -> str:
        """Where the current is from, in one line."""
        return (
            f"{self.document} rev. {self.revision}, {self.table}: {1e3 * self.current_a:g} mA at "
            f"{self.voltage_v:g} V, {self.clock_hz / 1e6:g} MHz, {self.mode}; {self.conditions}"
        )


@dataclass(frozen=True)
class EnergyEstimate:
    """Joules per inference between `low` and `high`."""

    low_j: float
    middle_j: float
    high_j: float
    model: PowerModel


def estimate_energy(cycles: float, clock_hz: int, model: PowerModel) -> EnergyEstimate | str:
    """E = V I t with t = cycles / clock, as wide as the model says; or why there is none."""
    if clock_hz != model.clock_hz:
        return f"it ran at {clock_hz / 1e6:g} MHz, the data sheet's current is for another clock"
    middle = model.voltage_v * model.current_a * cycles / clock_hz
    wide = model.relative
    return EnergyEstimate(middle * (1 - wide), middle, middle * (1 + wide), model)
