"""How long each stage of each case took, heard from the events of a run."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.bench.events import CaseFinished, CaseStarted, Computed, Event, Stage, StageStarted

COMPUTE = "computing"
TRANSFER = "transfer"
_PREPARING = "preparing"


class StageTimes:
    """Listens to a run; `cases` are label and seconds by stage, of each case that has finished.

    Streaming is split into COMPUTE, where only the end of an inference was waited for, and
    TRANSFER, which is all the rest of it. What comes before the first stage is preparing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.cases: list[tuple[str, dict[str, float]]] = []
        self._clock = clock
        self._label = ""
        self._seconds: dict[str, float] = {}
        self._stage = _PREPARING
        self._since = clock()
        self._computed = 0.0

    def __call__(self, event: Event) -> None:
        """Hear one event."""
        match event:
            case CaseStarted(case):
                self._label, self._seconds, self._computed = case.label, {}, 0.0
                self._stage, self._since = _PREPARING, self._clock()
            case StageStarted(stage):
                self._end_stage()
                self._stage = stage.value
            case Computed(seconds):
                self._computed = seconds
            case CaseFinished():
                self._end_stage()
                self.cases.append((self._label, self._seconds))

    def _end_stage(self) -> None:
        now = self._clock()
        took, self._since = now - self._since, now
        if self._stage == Stage.STREAM.value:
            computed = min(self._computed, took)
            parts = {TRANSFER: took - computed, COMPUTE: computed}
        else:
            parts = {self._stage: took}
        for name, seconds in parts.items():
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds
