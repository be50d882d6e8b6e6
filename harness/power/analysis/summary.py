"""From a trace to the energy of an inference, its parts and its reasons."""

from __future__ import annotations

import statistics
from dataclasses import replace

import numpy as np

from harness.domain.energy import (
    REPEATABLE,
    UNSTEADY,
    Alignment,
    Baseline,
    EnergyReading,
    EnergySummary,
    Window,
    WindowEnergy,
)
from harness.domain.power import Invalid, Reason, Trace
from harness.power.analysis.integrate import integrate
from harness.power.analysis.limits import Expected, Limits
from harness.power.analysis.uncertainty import COVERAGE_FACTOR, budget, combined, variation
from harness.power.analysis.windows import GATE_BIT, find_windows


def analyse(
    trace: Trace,
    expected: Expected,
    limits: Limits | None = None,
    *,
    alignment: Alignment | None = None,
    gate_bit: int = GATE_BIT,
    baseline: Baseline | None = None,
    discard: int = 0,
    count: int | None = None,
) -> EnergyReading:
    """Find the windows, integrate each, and give the median: or why there is no number.

    The first `discard` windows warm up, and do not count; of the others `count` do, None: all.
    """
    bounds = limits or Limits()
    if trace.faults:
        return trace.faults[0]
    if (refusal := _counts(expected)) is not None:
        return refusal
    windows = find_windows(trace, expected, bounds, alignment=alignment, gate_bit=gate_bit)
    if isinstance(windows, Invalid):
        return windows
    found: list[WindowEnergy] = []
    for number, window in enumerate(windows):
        if number < discard or (count is not None and number >= discard + count):
            continue
        energy = integrate(
            trace, window, expected.inferences, bounds, board_s=expected.board_s(number)
        )
        if isinstance(energy, Invalid):
            return energy
        found.append(energy)
    return summarise(trace, found, baseline)


def _counts(expected: Expected) -> Invalid | None:
    if expected.reboots:
        return Invalid(
            Reason.BROWN_OUT,
            f"the board started anew {expected.reboots} times while it was measured",
            "Check the supply: the meter may limit its current.",
        )
    wrong = [n for n in expected.answered if n != expected.inferences]
    if not wrong:
        return None
    return Invalid(
        Reason.WRONG_COUNT,
        f"the firmware ran {wrong[0]} inferences where {expected.inferences} were asked for",
        "Measure again.",
    )


def summarise(
    trace: Trace, windows: list[WindowEnergy], baseline: Baseline | None = None
) -> EnergySummary:
    """Put valid windows together; the number is their median, as in MLPerf Tiny."""
    energies = [window.energy_per_inference_j for window in windows]
    energy = statistics.median(energies)
    parts = budget(windows, trace, idle_current(trace, [window.window for window in windows]))
    spread = variation(energies) if len(energies) > 1 else None
    time_s = statistics.median(window.time_s for window in windows)
    per_inference_s = time_s / windows[0].inferences
    notes = [*trace.warnings, *(note for window in windows for note in window.warnings)]
    if spread is not None and spread > UNSTEADY:
        notes.append(f"the windows vary by {spread * 100:.2f} %, more than {UNSTEADY * 100:g} %")
    found = EnergySummary(
        windows=tuple(windows),
        energy_j=energy,
        expanded_j=COVERAGE_FACTOR * combined(parts) * energy,
        repeatability=spread,
        charge_c=statistics.median(window.charge_c / window.inferences for window in windows),
        mean_current_a=statistics.median(window.mean_current_a for window in windows),
        peak_current_a=max(window.peak_current_a for window in windows),
        voltage_v=statistics.median(window.voltage_v for window in windows),
        time_s=per_inference_s,
        coverage=min(window.coverage for window in windows),
        alignment=windows[0].window.alignment,
        budget=parts,
        meter=trace.info,
        origin=trace.origin,
        baseline=baseline,
        net_j=None if baseline is None else energy - baseline.power_w * per_inference_s,
        warnings=tuple(dict.fromkeys(notes)),
    )
    if found.way in REPEATABLE:
        return found
    note = f"windows by {found.way}: not for comparisons over time"
    return replace(found, warnings=(*found.warnings, note))


def idle_current(trace: Trace, windows: list[Window]) -> float:
    """Mean current outside all windows in amperes; 0 where nothing was recorded there."""
    outside = np.ones(len(trace), bool)
    for window in windows:
        outside[window.first : window.end] = False
    values = trace.current_a[outside]
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0


def baseline_of(trace: Trace, name: str, first: int = 0, end: int | None = None) -> Baseline:
    """Mean power of a part of a trace in which the board was in one named state.

    Raises:
        ValueError: no sample there has a value.
    """
    values = trace.current_a[first:end].astype(np.float64)
    if not np.isfinite(values).any():
        raise ValueError("no sample of the baseline has a value")
    volts = trace.voltage_v if isinstance(trace.voltage_v, float) else trace.voltage_v[first:end]
    return Baseline(name, float(np.nanmean(values * volts)))
