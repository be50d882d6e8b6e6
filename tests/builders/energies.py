"""An energy of five windows on silicon, to be varied field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.domain.energy import (
    Alignment,
    Baseline,
    Component,
    EnergySummary,
    Window,
    WindowEnergy,
)
from harness.domain.power import MeterInfo

METER = MeterInfo("ppk2", "PPK2", "E0F1", "1.2.4", "ppk2://E0F1")


def energy_summary(**changes: Any) -> EnergySummary:
    """1.4 mJ, give or take 0.2 uJ from window to window; 3 V, 250 inferences of 43 ms."""
    joules = [1.3998e-3, 1.3999e-3, 1.4e-3, 1.4001e-3, 1.4002e-3]
    found = EnergySummary(
        windows=tuple(_window(number, one) for number, one in enumerate(joules)),
        energy_j=1.4e-3,
        expanded_j=0.04e-3,
        repeatability=1.13e-4,
        charge_c=1.4e-3 / 3,
        mean_current_a=10.85e-3,
        peak_current_a=12e-3,
        voltage_v=3.0,
        time_s=43e-3,
        coverage=0.9999,
        alignment=Alignment.GATE,
        budget=(Component("gain of the current", 0.0144, "B"),),
        meter=METER,
        origin="measured",
        baseline=Baseline("idle", 0.017),
        net_j=1.4e-3 - 0.017 * 43e-3,
    )
    return replace(found, **changes)


def _window(number: int, joules: float) -> WindowEnergy:
    seconds = 250 * 43e-3
    return WindowEnergy(
        window=Window(1_100_000 * number, 1_100_000 * number + 1_075_000, Alignment.GATE, 1e-5),
        inferences=250,
        time_s=seconds,
        energy_j=250 * joules,
        charge_c=250 * joules / 3,
        mean_current_a=250 * joules / 3 / seconds,
        peak_current_a=12e-3,
        voltage_v=3.0,
        coverage=0.9999,
        lost=107,
    )
