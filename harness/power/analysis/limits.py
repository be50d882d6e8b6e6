"""When a window is believed, and what is expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds outside which there is no number.

    `least_window_s` is the floor, `wanted_window_s` (MLPerf Tiny: 10 s) only warns. `coverage` is
    the least part of the samples that must have a value (EEMBC's runner: 0.1 % may be missing),
    `clock` how far the board's time and the meter's may differ, `closure` the sum of operators and
    the whole. A mean current below `floor_a` is an unpowered board; within a window a current below
    `brown_out` of the median for `brown_out_s` is a board that lost its supply.
    """

    least_window_s: float = 1.0
    wanted_window_s: float = 10.0
    coverage: float = 0.999
    clock: float = 0.02
    closure: float = 0.02
    floor_a: float = 1e-3
    brown_out: float = 0.1
    brown_out_s: float = 1e-3
    debounce_s: float = 50e-6


@dataclass(frozen=True)
class Expected:
    """What the board did: `windows` windows of `inferences` each.

    `window_s` is how long each took by the board's own counter; `host_s` are when each was asked
    for and answered on the host's clock, `device_s` when each began and ended on a clock of the
    board's that runs on, none or one for each; `reboots` counts boot banners seen. `answered` is
    how many inferences the firmware reported for each window.
    """

    windows: int
    inferences: int
    window_s: Sequence[float] = ()
    host_s: Sequence[tuple[float, float]] = ()
    device_s: Sequence[tuple[float, float]] = ()
    answered: Sequence[int] = ()
    reboots: int = 0

    def board_s(self, number: int) -> float | None:
        """The board's own time for one window, None where it told none."""
        return self.window_s[number] if number < len(self.window_s) else None
