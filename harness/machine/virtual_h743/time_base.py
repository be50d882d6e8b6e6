"""Time of the virtual chip: instructions while it runs, the host's clock while it sleeps.

Without an instruction counter it stands still while code runs.
"""

from __future__ import annotations

from collections.abc import Callable


class TimeBase:
    """Ticks of the core clock; `instructions` tells how many have been executed."""

    def __init__(self, instructions: Callable[[], int]) -> None:
        self.instructions = instructions
        self._slept = 0

    def now(self) -> int:
        """Core clock ticks since power-on."""
        return self.instructions() + self._slept

    def sleep(self, ticks: int) -> None:
        """Let time pass without instructions."""
        self._slept += ticks

    def instructions_at(self, moment: int) -> int:
        """The instruction count at which `moment` comes, unless the core sleeps before."""
        return moment - self._slept
