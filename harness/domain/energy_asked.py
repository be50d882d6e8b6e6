"""What is asked of a power meter: which one, and how many windows of which length."""

from __future__ import annotations

from dataclasses import dataclass

IDLE = "idle"
"""The baseline of a firmware that waits for a request."""
WINDOWS = 5
WINDOW_S = 10.0
SIMULATED_WINDOW_S = 0.1
SHORTEST_WINDOW_S = 1.0
NO_METER = "no power meter"
"""Why there is no energy where neither the user nor the desk names a meter."""


@dataclass(frozen=True)
class EnergyAsked:
    """`windows` windows of at least `window_s` seconds (None: what suits the target).

    `meter` is the address of the meter; without one a board has that of the desk's file, and a
    simulated one none. `voltage_v` is what it feeds the board with. With a `baseline` a net energy
    is told too; `required` makes an energy that is missing an error. A board that `pulses` tells
    the begin and the end of a window by falling edges, as MLPerf Tiny's firmware does.
    """

    meter: str = ""
    voltage_v: float | None = None
    windows: int = WINDOWS
    window_s: float | None = None
    baseline: str | None = None
    required: bool = False
    pulses: bool = False
