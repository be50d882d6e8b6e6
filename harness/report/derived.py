"""Figures worked out from measurements on silicon; elsewhere the reason why there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.domain.measurement import Measurement
from harness.domain.quantities import ENERGY, VOLTAGE
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.units import Fidelity
from harness.report.content import Battery

COULOMBS_PER_MAH = 3.6
SIMULATED = "a simulator counts instructions: neither time nor energy follows from them"


@dataclass(frozen=True)
class Derived:
    """One derived figure: its title with unit, its formula, and how it is worked out.

    `of` returns the value, or the reason why there is none.
    """

    title: str
    formula: str
    of: Callable[[CaseRecord, Battery], float | str]


def derive(figure: Derived, record: CaseRecord, battery: Battery) -> float | str:
    """The figure of a case, or the reason why it has none."""
    if record.status is CaseStatus.FAILED:
        return f"the case failed: {record.error_class}"
    if record.fidelity is not Fidelity.SILICON:
        return SIMULATED
    return figure.of(record, battery)


def _reading(record: CaseRecord, quantity: str, absent: str) -> float | str:
    """A positive reading from silicon, or why there is none."""
    found = record.reading(quantity)
    if not isinstance(found, Measurement):
        return found.reason if found.reason != "not recorded" else absent
    if found.fidelity is not Fidelity.SILICON:
        return SIMULATED
    return found.value if found.value > 0 else f"{quantity} is {found.value:g}"


def _seconds(record: CaseRecord) -> float | str:
    cycles = _reading(record, "cycles", "cycles were not recorded")
    if isinstance(cycles, str):
        return cycles
    return cycles / record.clock_hz if record.clock_hz else "the clock is not known"


def _frames_per_second(record: CaseRecord, battery: Battery) -> float | str:
    seconds = _seconds(record)
    return seconds if isinstance(seconds, str) else 1 / seconds


def _mac_rate(record: CaseRecord, battery: Battery) -> float | str:
    if not record.macs:
        return "the model has no multiply-accumulates"
    seconds = _seconds(record)
    return seconds if isinstance(seconds, str) else record.macs / seconds / 1e6


def _energy(record: CaseRecord) -> float | str:
    return _reading(record, ENERGY, "no power meter")


def _millijoules(record: CaseRecord, battery: Battery) -> float | str:
    joules = _energy(record)
    return joules if isinstance(joules, str) else joules * 1e3


def _charge(record: CaseRecord) -> float | str:
    """Coulombs per inference."""
    joules = _energy(record)
    if isinstance(joules, str):
        return joules
    volts = _reading(record, VOLTAGE, "the supply voltage is not known")
    return volts if isinstance(volts, str) else joules / volts


def _per_mah(record: CaseRecord, battery: Battery) -> float | str:
    charge = _charge(record)
    return charge if isinstance(charge, str) else COULOMBS_PER_MAH / charge


def _battery_days(record: CaseRecord, battery: Battery) -> float | str:
    duty, capacity, sleep = battery.duty_cycle, battery.capacity_mah, battery.sleep_ua
    if duty is None or capacity is None or sleep is None:
        return "no duty cycle, battery and sleep current were given"
    charge, seconds = _charge(record), _seconds(record)
    if isinstance(charge, str):
        return charge
    if isinstance(seconds, str):
        return seconds
    amperes = duty * charge / seconds + (1 - duty) * sleep * 1e-6
    return capacity * 1e-3 / amperes / 24


FIGURES = (
    Derived("frames per second", "clock in Hz / cycles per inference", _frames_per_second),
    Derived(
        "MMAC/s",
        "MACs per inference x frames per second / 10^6; MACs as the model states them, "
        "those in the padding included",
        _mac_rate,
    ),
    Derived("energy mJ", "energy per inference as measured, gross", _millijoules),
    Derived(
        "inferences per mAh",
        "3.6 C / charge per inference; charge = energy / supply voltage",
        _per_mah,
    ),
    Derived(
        "battery days",
        "capacity / mean current / 24 h; mean current = duty cycle x charge / latency + "
        "(1 - duty cycle) x sleep current; no self-discharge, no converter",
        _battery_days,
    ),
)
