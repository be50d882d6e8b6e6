"""What is refused before anything is sent: a wrong voltage can destroy a board."""

from __future__ import annotations

import math

from harness.domain.power import MeterCaps
from harness.errors import VoltageRefused


def feeds_nothing(volts: float, what: str, where: str) -> VoltageRefused:
    """The error where a voltage is asked of `what`, which has no supply to set."""
    return VoltageRefused(
        f"{volts:g} V were asked for, and {what} feeds nothing; nothing was sent",
        where=where,
        hint="Set the voltage at the supply, and leave --voltage out.",
    )


def require_voltage(volts: float, caps: MeterCaps, highest_v: float | None, where: str) -> None:
    """Return only for a voltage that both the instrument and the user allow.

    Raises:
        VoltageRefused: outside the instrument's range, or above `highest_v`.
    """
    if caps.voltage_range_v is None:
        raise feeds_nothing(volts, "this meter", where)
    low, high = caps.voltage_range_v
    if not math.isfinite(volts) or not low <= volts <= high:
        raise VoltageRefused(
            f"{volts:g} V is outside the meter's {low:g} to {high:g} V; nothing was sent",
            where=where,
            hint=f"Ask for a voltage from {low:g} to {high:g} V.",
        )
    if highest_v is not None and volts > highest_v:
        raise VoltageRefused(
            f"{volts:g} V is above the highest allowed {highest_v:g} V; nothing was sent",
            where=where,
            hint="Ask for less, or raise --max-voltage if the board bears it.",
        )
