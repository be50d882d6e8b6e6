"""Uncertainty of an energy: what repeats is counted, what the maker states is converted (GUM)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from harness.domain.energy import Alignment, Component, WindowEnergy
from harness.domain.power import Accuracy, Trace

COVERAGE_FACTOR = 2.0
_RECTANGULAR = math.sqrt(3)
_SEEN = {Alignment.GATE, Alignment.PULSE, Alignment.EVENT}


def budget(
    windows: Sequence[WindowEnergy], trace: Trace, idle_current_a: float
) -> tuple[Component, ...]:
    """Relative standard uncertainties of the energy of an inference.

    Half widths of the maker are taken as rectangular, a / sqrt(3) (JCGM 100:2008, 4.3.7). Two
    edges that the instrument saw, each uniform within its sample d, give (P - P_idle) d / sqrt(6).
    Edges from elsewhere may be off by +-d, both in the same direction or one alone, which takes up
    to P d: d / sqrt(3). Gain and voltage do not average out over windows; the median's own spread
    is s / sqrt(M).
    """
    accuracy: Accuracy = trace.accuracy
    seen = windows[0].window.alignment in _SEEN
    mean = sum(window.mean_current_a for window in windows) / len(windows)
    contrast = abs(mean - idle_current_a) / mean
    edges = max(window.window.edge_error_s / window.time_s for window in windows)
    lost = max(1 - window.coverage for window in windows)
    parts = [
        Component("gain of the current", accuracy.gain / _RECTANGULAR, "B"),
        Component("supply voltage", accuracy.voltage / _RECTANGULAR, "B"),
        Component("offset of the current", accuracy.offset_a / mean / _RECTANGULAR, "B"),
        Component("time base", accuracy.time_base / _RECTANGULAR, "B"),
        Component(
            "edges of the window",
            contrast * edges / math.sqrt(6) if seen else edges / _RECTANGULAR,
            "B",
        ),
        Component("missing samples", contrast * lost / _RECTANGULAR, "B"),
    ]
    if len(windows) > 1:
        spread = variation([window.energy_per_inference_j for window in windows])
        parts.append(Component("repeatability", spread / math.sqrt(len(windows)), "A"))
    return tuple(parts)


def combined(parts: Iterable[Component]) -> float:
    """Root of the sum of squares: the parts are independent."""
    return math.sqrt(sum(part.relative**2 for part in parts))


def variation(values: Sequence[float]) -> float:
    """Coefficient of variation: sample standard deviation over the mean."""
    mean = sum(values) / len(values)
    square = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return math.sqrt(square) / mean
