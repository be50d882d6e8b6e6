"""Integrate one window: energy, charge, mean and peak, or the reason why it has none."""

from __future__ import annotations

import numpy as np

from harness.domain.energy import Window, WindowEnergy
from harness.domain.power import Floats, Invalid, Reason, SampleFlag, Trace
from harness.power.analysis.limits import Limits


def integrate(
    trace: Trace,
    window: Window,
    inferences: int,
    limits: Limits,
    *,
    board_s: float | None = None,
    short: bool = False,
) -> WindowEnergy | Invalid:
    """E = dt sum(v i) / c and Q = dt sum(i) / c over the samples that have a value.

    c is their part of all samples: the missing ones are taken as the mean of the others. `board_s`
    is how long the board itself says the window was. `short` is for parts of a window, which have
    no least length and are not looked at for a lost supply.
    """
    if not 0 <= window.first < window.end <= len(trace):
        return Invalid(
            Reason.OUTSIDE_TRACE,
            f"samples {window.first} to {window.end} of {len(trace)}",
            "Record for longer.",
        )
    if trace.faults:
        return trace.faults[0]
    part = slice(window.first, window.end)
    current = trace.current_a[part].astype(np.float64)
    seconds = len(current) / trace.rate_hz
    for check in (
        _length(seconds, limits) if not short else None,
        _clock(seconds, board_s, limits),
        _range(trace, part, current),
        _coverage(current, limits),
    ):
        if check is not None:
            return check
    valid = ~np.isnan(current)
    coverage = float(valid.mean())
    mean = float(current[valid].mean())
    if mean < limits.floor_a:
        return Invalid(
            Reason.UNPOWERED,
            f"a mean of {mean * 1e3:.4f} mA is below {limits.floor_a * 1e3:g} mA",
            "Check that the meter feeds the board, and that its jumper is set.",
        )
    if not short and (drop := _brown_out(current, trace.rate_hz, limits)) is not None:
        return drop
    volts, power = _volts_and_power(trace, part, current, valid)
    return WindowEnergy(
        window=window,
        inferences=inferences,
        time_s=seconds,
        energy_j=power * seconds,
        charge_c=mean * seconds,
        mean_current_a=mean,
        peak_current_a=float(current[valid].max()),
        voltage_v=volts,
        coverage=coverage,
        lost=int((~valid).sum()),
        warnings=_warnings(seconds, limits, short),
    )


def _volts_and_power(
    trace: Trace,
    part: slice,
    current: Floats,
    valid: np.ndarray,
) -> tuple[float, float]:
    if isinstance(trace.voltage_v, float):
        return trace.voltage_v, trace.voltage_v * float(current[valid].mean())
    volts = trace.voltage_v[part].astype(np.float64)
    return float(np.nanmean(volts)), float(np.nanmean(volts[valid] * current[valid]))


def _warnings(seconds: float, limits: Limits, short: bool) -> tuple[str, ...]:
    if short or seconds >= limits.wanted_window_s:
        return ()
    return (f"a window of {seconds:.2f} s is shorter than {limits.wanted_window_s:g} s",)


def _length(seconds: float, limits: Limits) -> Invalid | None:
    if seconds >= limits.least_window_s:
        return None
    return Invalid(
        Reason.WINDOW_TOO_SHORT,
        f"the window is {seconds * 1e3:.3f} ms, at least {limits.least_window_s:g} s are needed",
        "Measure more inferences in a window.",
    )


def _clock(seconds: float, board_s: float | None, limits: Limits) -> Invalid | None:
    if board_s is None or abs(seconds / board_s - 1) <= limits.clock:
        return None
    return Invalid(
        Reason.CLOCK_MISMATCH,
        f"the meter saw {seconds:.6f} s and the board counted {board_s:.6f} s, "
        f"{(seconds / board_s - 1) * 100:+.2f} %",
        "Check the board's clock in its target file, and that the gate is high only in the window.",
    )


def _range(trace: Trace, part: slice, current: Floats) -> Invalid | None:
    over = int(np.count_nonzero(trace.flags[part] & SampleFlag.OVERRANGE))
    over += int(np.count_nonzero(current > trace.max_current_a))
    if not over:
        return None
    return Invalid(
        Reason.OVERRANGE,
        f"{over} samples are beyond the meter's range of {trace.max_current_a * 1e3:g} mA",
        "Use a higher range, or a meter with one.",
    )


def _coverage(current: Floats, limits: Limits) -> Invalid | None:
    lost = int(np.isnan(current).sum())
    coverage = 1 - lost / len(current)
    if coverage >= limits.coverage:
        return None
    return Invalid(
        Reason.LOW_COVERAGE,
        f"{lost} of {len(current)} samples are missing: coverage {coverage:.5f}, at least "
        f"{limits.coverage:g} is needed",
        "Connect the meter without a hub, and keep the host idle while it measures.",
    )


def _brown_out(current: Floats, rate_hz: float, limits: Limits) -> Invalid | None:
    """A run of samples near zero: the supply was gone, or the board was in reset."""
    low = current < limits.brown_out * np.nanmedian(current)
    least = max(2, round(limits.brown_out_s * rate_hz))
    steps = np.flatnonzero(np.diff(np.concatenate(([False], low, [False])).astype(np.int8)))
    runs = steps[1::2] - steps[::2]
    if not len(runs) or runs.max() < least:
        return None
    return Invalid(
        Reason.BROWN_OUT,
        f"the current fell to nothing for {runs.max() / rate_hz * 1e3:.2f} ms within the window",
        "Check the supply: the board may have been reset.",
    )
