"""One case as it is compared: its conditions, its numbers, and where its counts went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from harness.domain.comparability import ComparabilityKey
from harness.domain.measurement import Missing, Reading


@dataclass(frozen=True)
class OperatorCount:
    """The count of one operator in a window of its own, and the kernel functions that it ran.

    `count` is in the unit that the target counts in; None where only the kernel is known.
    """

    index: int
    operator: str
    kernels: tuple[str, ...] = ()
    count: float | None = None


@dataclass(frozen=True)
class Observation:
    """A case of a run, or of a baseline.

    `metrics` are readings by metric: those of the record, and `flash`, `ram` and `arena` in bytes.
    `samples` are the single values behind a metric (one per window), where they are kept.
    `operators` come from a profile, or are the record's kernels without counts. `trouble` is what
    ended a failed case, and then there are no metrics. `source` names the run for people.
    """

    key: ComparabilityKey
    metrics: Mapping[str, Reading]
    source: str = ""
    started: datetime | None = None
    git_commit: str | None = None
    trouble: str | None = None
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict, repr=False)
    operators: tuple[OperatorCount, ...] = ()

    def reading(self, metric: str) -> Reading:
        """The reading of `metric`, or a Missing that says why there is none."""
        if self.trouble:
            return Missing(metric, self.trouble)
        return self.metrics.get(metric, Missing(metric, "not recorded"))
