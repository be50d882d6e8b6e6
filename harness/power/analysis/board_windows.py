"""What recordings say of the windows that a board ran: energy, baseline, and a picture of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.energy import (
    Alignment,
    Baseline,
    EnergyReading,
    EnergySummary,
    OperatorEnergy,
    Window,
    WindowEnergy,
)
from harness.domain.energy_asked import WINDOW_S
from harness.domain.metering import BoardWindows, EnergyFound
from harness.domain.power import Invalid, Reason, Trace
from harness.domain.power_analysis import Analysis
from harness.power.analysis.baseline_span import baseline_between, mean_baseline
from harness.power.analysis.integrate import integrate
from harness.power.analysis.levels import edges_of, level_at_start
from harness.power.analysis.limits import Expected, Limits
from harness.power.analysis.operators import operator_energies
from harness.power.analysis.summary import analyse, baseline_of, summarise
from harness.power.analysis.windows import GATE_BIT, find_windows

AS_MEASURED = Analysis()
OPERATOR_BIT = 1
_POINTS = 4000
_TRIM = 0.1
_LEAST_BASELINE_S = 5e-3


def energy_of(
    traces: Sequence[Trace], board: BoardWindows, asked: Analysis = AS_MEASURED
) -> EnergyFound:
    """The energy of the windows that count; one trace for all of them, or one for each.

    What is `asked` goes before what the board told; of its windows that count, the first `windows`
    are taken.

    Raises:
        ConfigError: a baseline is asked for where nothing was recorded.
    """
    board = _told_otherwise(board, asked)
    limits = _limits(traces[-1], board, asked)
    if len(traces) > 1:
        return _one_by_one(traces, board, limits, asked)
    trace, expected = traces[0], _expected(board)
    way, bit = _way(trace, board, asked), asked.gate_bit or GATE_BIT
    windows: list[Window] | Invalid = []
    if not trace.faults:
        windows = find_windows(trace, expected, limits, alignment=way, gate_bit=bit)
    if isinstance(windows, Invalid):
        return EnergyFound(windows, picture=_picture(trace, []))
    baseline = _baseline(trace, windows, board.baseline) if windows else None
    if asked.span is not None:
        baseline = baseline_between(trace, asked.span)
    reading = analyse(
        trace,
        expected,
        limits,
        alignment=way,
        gate_bit=bit,
        baseline=baseline,
        discard=board.discarded,
        count=asked.windows,
    )
    reading = _told(_by_host(reading), board, baseline)
    counted = windows[board.discarded :][: asked.windows]
    return EnergyFound(reading, tuple(counted), picture=_picture(trace, counted, reading))


def operators_of(
    trace: Trace, board: BoardWindows, operator_s: Sequence[float], inference_j: float
) -> tuple[OperatorEnergy, ...] | Invalid:
    """The energy of each operator in a recording of one window that toggles the operator pin.

    Their sum must be `inference_j`.
    """
    if trace.faults:
        return trace.faults[0]
    limits, expected = _limits(trace, board), _expected(board)
    windows = find_windows(trace, expected, limits)
    if isinstance(windows, Invalid):
        return windows
    whole = integrate(trace, windows[-1], board.inferences, limits)
    if isinstance(whole, Invalid):
        return whole
    found = operator_energies(
        trace, whole, operator_s, limits, bit=OPERATOR_BIT, inference_j=inference_j
    )
    return found if isinstance(found, Invalid) else tuple(found)


def _expected(board: BoardWindows, numbers: slice = slice(None)) -> Expected:
    windows = board.windows[numbers]
    on_device = [one.device_s for one in windows if one.device_s is not None]
    return Expected(
        windows=len(windows),
        inferences=board.inferences,
        window_s=tuple(one.board_s for one in windows if one.board_s is not None),
        host_s=tuple(one.host_s for one in windows),
        device_s=on_device if len(on_device) == len(windows) else (),
        answered=tuple(one.answered for one in windows),
    )


def _told_otherwise(board: BoardWindows, asked: Analysis) -> BoardWindows:
    """What the board told, but for what is asked of its windows."""
    windows = board.windows
    if asked.board_s is not None:
        windows = tuple(replace(one, board_s=asked.board_s) for one in windows)
    if asked.inferences is not None:
        windows = tuple(replace(one, answered=asked.inferences) for one in windows)
    return replace(
        board,
        windows=windows,
        baseline=board.baseline if asked.baseline is None else None,
        discarded=board.discarded if asked.discard is None else asked.discard,
        inferences=asked.inferences or board.inferences,
        least_s=board.least_s if asked.least_window_s is None else asked.least_window_s,
    )


def _way(trace: Trace, board: BoardWindows, asked: Analysis) -> Alignment | None:
    if asked.alignment:
        return Alignment(asked.alignment)
    return Alignment.PULSE if board.pulses and trace.logic is not None else None


def _limits(trace: Trace, board: BoardWindows, asked: Analysis = AS_MEASURED) -> Limits:
    """A simulated board has no time to lose: its windows need not have the length of real ones."""
    wanted = board.least_s if trace.origin == "simulated" else WINDOW_S
    limits = Limits(least_window_s=board.least_s, wanted_window_s=wanted)
    return limits if asked.floor_a is None else replace(limits, floor_a=asked.floor_a)


def _one_by_one(
    traces: Sequence[Trace], board: BoardWindows, limits: Limits, asked: Analysis
) -> EnergyFound:
    """Each window started its own trace."""
    found: list[WindowEnergy] = []
    baselines: list[Baseline] = []
    numbers = range(len(traces))[board.discarded :][: asked.windows]
    for number in numbers:
        trace, expected = traces[number], _expected(board, slice(number, number + 1))
        way, bit = _way(trace, board, asked), asked.gate_bit or GATE_BIT
        one = _by_host(analyse(trace, expected, limits, alignment=way, gate_bit=bit))
        if isinstance(one, Invalid):
            return EnergyFound(one, picture=_picture(trace, []))
        found += one.windows
        if asked.span is not None:
            baselines.append(baseline_between(trace, asked.span))
    last, baseline = traces[numbers[-1]], mean_baseline(baselines)
    reading = _told(summarise(last, found, baseline), board, baseline)
    return EnergyFound(
        reading, (found[-1].window,), picture=_picture(last, [found[-1].window], reading)
    )


def _by_host(reading: EnergyReading) -> EnergyReading:
    """Windows by the host's clock are too uncertain where they are short."""
    if isinstance(reading, Invalid) or reading.alignment is not Alignment.HOST:
        return reading
    shortest = min(window.time_s for window in reading.windows)
    if shortest >= WINDOW_S:
        return reading
    return Invalid(
        Reason.WINDOW_TOO_SHORT,
        f"a window by the host's clock is {shortest:.3f} s, at least {WINDOW_S:g} s are needed",
        "Wire the gate pin to the meter, or ask for a longer --power-window.",
    )


def _told(reading: EnergyReading, board: BoardWindows, baseline: Baseline | None) -> EnergyReading:
    if isinstance(reading, Invalid) or board.baseline is None or baseline is not None:
        return reading
    note = f"no baseline {board.baseline}: the board was not left alone long enough"
    return replace(reading, warnings=(*reading.warnings, note))


def _baseline(trace: Trace, windows: Sequence[Window], name: str | None) -> Baseline | None:
    """Power in the middle of the longest stretch without a window; None where it is too short."""
    if name is None:
        return None
    ends = [_quiet_from(trace), *(window.end for window in windows)]
    begins = [*(window.first for window in windows), len(trace)]
    first, end = max(zip(ends, begins, strict=True), key=lambda span: span[1] - span[0])
    trim = int(_TRIM * (end - first))
    first, end = first + trim, end - trim
    known = np.isfinite(trace.current_a[first:end]).any()
    if (end - first) / trace.rate_hz < _LEAST_BASELINE_S or not known:
        return None
    return baseline_of(trace, name, first, end)


def _quiet_from(trace: Trace) -> int:
    """The first sample that is not of something that began before the recording."""
    if not level_at_start(trace, GATE_BIT):
        return 0
    _, falls = edges_of(trace, GATE_BIT)
    return int(falls[0]) if len(falls) else len(trace)


def _picture(
    trace: Trace, windows: Sequence[Window], reading: EnergyReading | None = None
) -> Mapping[str, NDArray[Any]]:
    """Least and greatest current of each of at most `_POINTS` / 2 stretches, and the windows."""
    size = max(1, -(-2 * len(trace) // _POINTS))
    whole = len(trace) // size * size
    table = trace.current_a[:whole].reshape(-1, size)
    table = table[np.isfinite(table).any(axis=1)]
    places = np.flatnonzero(np.isfinite(trace.current_a[:whole]).reshape(-1, size).any(axis=1))
    low, high = np.nanmin(table, axis=1), np.nanmax(table, axis=1)
    spans = [(one.first / trace.rate_hz, one.end / trace.rate_hz) for one in windows]
    arrays: dict[str, NDArray[Any]] = {
        "seconds": np.repeat((places * size + size / 2) / trace.rate_hz, 2),
        "amperes": np.stack((low, high), axis=1).reshape(-1).astype(np.float64),
        "windows": np.array(spans, np.float64).reshape(-1, 2),
        "histogram": _histogram(trace, windows),
        "simulated": np.array(trace.origin != "measured"),
    }
    if isinstance(reading, EnergySummary):
        joules = [one.energy_per_inference_j for one in reading.windows]
        arrays["energies"] = np.array(joules, np.float64)
    return arrays


def _histogram(trace: Trace, windows: Sequence[Window], bins: int = 80) -> NDArray[np.float64]:
    """Of the samples in the windows (else all): middle of each bin in amperes, and its share."""
    parts = [trace.current_a[one.first : one.end] for one in windows] or [trace.current_a]
    values = np.concatenate(parts)
    values = values[np.isfinite(values)].astype(np.float64)
    if not len(values):
        return np.empty((0, 2))
    counts, edges = np.histogram(values, bins)
    return np.stack(((edges[1:] + edges[:-1]) / 2, counts / counts.sum()), axis=1)
