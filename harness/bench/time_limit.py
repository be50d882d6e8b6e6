"""A limit on how long a case may take, kept by whoever hears of its steps."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.bench.events import CaseStarted, Event, Listener, is_step
from harness.errors import CaseTimeout


class TimeLimit:
    """A listener that passes events on, and gives a case up at its first step after `limit_s`.

    Steps are the stages and every answered input; each wait between two of them has a deadline of
    its own, so that a case that hangs ends too. Cases must come one after the other.
    """

    def __init__(
        self, listener: Listener, limit_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listener = listener
        self._limit_s = limit_s
        self._clock = clock
        self._label = ""
        self._begin = clock()

    def __call__(self, event: Event) -> None:
        """Pass `event` on.

        Raises:
            CaseTimeout: the running case is over its limit.
        """
        self._listener(event)
        if isinstance(event, CaseStarted):
            self._label, self._begin = event.case.label, self._clock()
        elif is_step(event) and self._clock() - self._begin > self._limit_s:
            raise CaseTimeout(
                f"the case took longer than {self._limit_s:g} s",
                where=self._label,
                hint="Raise `case_timeout_s` of the plan, or take fewer inputs (`limit`).",
            )
