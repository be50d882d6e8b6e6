"""An energy as readings of a record: under names of their own where anything is simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harness.domain.energy import UNSTEADY, EnergyReading, EnergySummary, WindowEnergy
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.power import Invalid
from harness.domain.quantities import (
    CHARGE,
    COVERAGE,
    ENERGY,
    ENERGY_NET,
    INFERENCES,
    MEAN_CURRENT,
    PEAK_CURRENT,
    REPEATABILITY,
    SIMULATED_SUFFIX,
    UNCERTAINTY,
    VOLTAGE,
)
from harness.domain.units import Fidelity, Unit


def energy_readings(reading: EnergyReading, target: Fidelity) -> tuple[Reading, ...]:
    """All that is told of an energy on a target of this fidelity; where there is none, the reason.

    Only a real meter on a real board gives numbers of silicon. Others have names that end in
    `_sim`: they stand in no column of energies and are compared with nothing.
    """
    silicon = target is Fidelity.SILICON
    if isinstance(reading, Invalid):
        name = ENERGY if silicon else ENERGY + SIMULATED_SUFFIX
        return (Missing(name, f"{reading.reason}: {reading.detail}"),)
    real = silicon and reading.origin == "measured"
    return tuple(_all(reading, real))


def no_energy(reason: str, target: Fidelity) -> Missing:
    """Nothing was measured, for this reason."""
    silicon = target is Fidelity.SILICON
    return Missing(ENERGY if silicon else ENERGY + SIMULATED_SUFFIX, reason)


def _all(found: EnergySummary, real: bool) -> Iterator[Reading]:
    def told(
        quantity: str,
        value: float,
        unit: Unit,
        of: Callable[[WindowEnergy], float] | None = None,
        note: str = "",
    ) -> Measurement:
        values: Sequence[float] = [of(one) for one in found.windows] if of else [value]
        return Measurement(
            quantity=quantity if real else quantity + SIMULATED_SUFFIX,
            value=value,
            unit=unit,
            n=len(found.windows),
            minimum=min(values),
            maximum=max(values),
            fidelity=Fidelity.SILICON if real else Fidelity.SIMULATED,
            instrument=instrument_of(found),
            method="; ".join(filter(None, (method_of(found), note))),
        )

    yield told(ENERGY, found.energy_j, Unit.JOULES, lambda one: one.energy_per_inference_j)
    yield told(UNCERTAINTY, found.expanded_j, Unit.JOULES, note=uncertainty_of(found))
    if found.repeatability is not None:
        note = "coefficient of variation of the windows"
        if found.repeatability > UNSTEADY:
            note += f", which is more than {100 * UNSTEADY:g} %"
        yield told(REPEATABILITY, found.repeatability, Unit.FRACTION, note=note)
    if found.net_j is not None and found.baseline is not None:
        note = f"net of baseline {found.baseline.name}, {found.baseline.power_w * 1e3:.4g} mW"
        yield told(ENERGY_NET, found.net_j, Unit.JOULES, note=note)
    yield told(MEAN_CURRENT, found.mean_current_a, Unit.AMPERES, lambda one: one.mean_current_a)
    yield told(PEAK_CURRENT, found.peak_current_a, Unit.AMPERES, lambda one: one.peak_current_a)
    yield told(CHARGE, found.charge_c, Unit.COULOMBS, lambda one: one.charge_c / one.inferences)
    yield told(VOLTAGE, found.voltage_v, Unit.VOLTS, lambda one: one.voltage_v)
    yield told(COVERAGE, found.coverage, Unit.FRACTION, lambda one: one.coverage)
    yield told(INFERENCES, float(found.windows[0].inferences), Unit.SAMPLES, note="each window")


def instrument_of(found: EnergySummary) -> str:
    """Model and serial number of the meter; a virtual one has none."""
    serial = "(virtual)" if found.meter.simulated else found.meter.serial
    return " ".join(filter(None, (found.meter.model, serial)))


def uncertainty_of(found: EnergySummary) -> str:
    """What the expanded uncertainty rests on, and what else is to be known of the windows."""
    one = found.windows[0]
    parts = ", ".join(f"{part.name} {100 * part.relative:.2g} %" for part in found.budget)
    return "; ".join(
        [
            "expanded, k = 2",
            f"windows of {one.time_s:.3g} s, edges +-{1e6 * one.window.edge_error_s:.3g} us",
            f"standard uncertainties: {parts}",
            *found.warnings,
        ]
    )


def method_of(found: EnergySummary) -> str:
    """What two energies must share to be compared: alignment and voltage."""
    return f"alignment {found.way}; {found.voltage_v:.3g} V"
