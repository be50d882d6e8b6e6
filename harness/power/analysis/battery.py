"""How long a battery lasts at a duty cycle: what was measured, and what is only assumed."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.energy import EnergySummary
from harness.errors import ConfigError


@dataclass(frozen=True)
class DutyCycle:
    """What is assumed: one inference each `period_s`, and `sleep_a` in between.

    `capacity_ah` of which the part `usable` can be drawn; `self_discharge_a` is the battery's own.
    """

    period_s: float
    sleep_a: float
    capacity_ah: float
    usable: float = 0.85
    self_discharge_a: float = 0.0


@dataclass(frozen=True)
class BatteryLife:
    """Hours, the mean current in amperes, and every assumption in words."""

    hours: float
    mean_current_a: float
    assumptions: tuple[str, ...]


def battery_life(summary: EnergySummary, duty: DutyCycle) -> BatteryLife:
    """I = Q_inf r + I_sleep (1 - r t_inf) with r = 1 / period; hours = usable capacity / I.

    Raises:
        ConfigError: the period is shorter than an inference, or an assumption is no quantity.
    """
    if duty.period_s < summary.time_s:
        raise ConfigError(
            f"an inference takes {summary.time_s * 1e3:.3f} ms, the period is "
            f"{duty.period_s * 1e3:.3f} ms",
            hint="Choose a longer period.",
        )
    if not (duty.capacity_ah > 0 and 0 < duty.usable <= 1 and duty.sleep_a >= 0):
        raise ConfigError(
            "a battery has a capacity above 0 Ah, of which 0 to 100 % are usable",
            hint="Correct the assumptions about the battery.",
        )
    rate = 1 / duty.period_s
    mean = summary.charge_c * rate + duty.sleep_a * (1 - rate * summary.time_s)
    hours = duty.capacity_ah * duty.usable / (mean + duty.self_discharge_a)
    return BatteryLife(hours, mean, _assumptions(summary, duty))


def _assumptions(summary: EnergySummary, duty: DutyCycle) -> tuple[str, ...]:
    return (
        f"measured ({summary.origin}): {summary.charge_c * 1e6:.3f} uC in "
        f"{summary.time_s * 1e3:.3f} ms for an inference at {summary.voltage_v:g} V",
        f"assumed: one inference each {duty.period_s:g} s",
        f"assumed: {duty.sleep_a * 1e6:g} uA asleep, at the same voltage, waking costs nothing",
        f"assumed: {duty.capacity_ah * 1e3:g} mAh of which {duty.usable * 100:g} % are usable",
        f"assumed: {duty.self_discharge_a * 1e6:g} uA of self-discharge",
    )
