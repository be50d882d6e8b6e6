"""From where on a change counts, metric by metric, and the steps that were accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from harness.domain.comparability import ComparabilityKey


class Better(StrEnum):
    """The direction in which a metric improves."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True)
class Threshold:
    """When a change of `metric` counts: it is more than `limit`.

    `unit` is "%" (of the value before) or the metric's own unit; for accuracy also "samples", the
    number of inputs that are answered otherwise. A `noisy` metric's change must also be significant
    at `significance` (two-sided) and exceed `sigmas` standard uncertainties (Type A) of the change
    of the mean.
    """

    metric: str
    better: Better
    limit: float
    unit: str
    noisy: bool = False
    significance: float = 0.01
    sigmas: float = 0.0


@dataclass(frozen=True)
class KnownStep:
    """A change that was looked at and accepted, and why.

    It concerns cases whose target, kernel set, model and build variant match the shell patterns,
    between a run from before and one from after `commit` or `date` (one of the two). `by` is the
    change as a fraction of the value before: +0.035 is 3.5 % more.
    """

    metric: str
    by: float
    reason: str
    commit: str | None = None
    date: datetime | None = None
    target: str = "*"
    kernels: str = "*"
    model: str = "*"
    build: str = "*"

    def concerns(self, metric: str, key: ComparabilityKey) -> bool:
        """Whether it is about `metric` of the case."""
        pairs = (
            (key.target, self.target),
            (key.kernel_set, self.kernels),
            (key.model, self.model),
            (key.variant, self.build),
        )
        return metric == self.metric and all(fnmatchcase(name, like) for name, like in pairs)


@dataclass(frozen=True)
class Thresholds:
    """All of a thresholds file; `may_change` are fields of the key that are under test."""

    metrics: tuple[Threshold, ...]
    known_steps: tuple[KnownStep, ...] = ()
    may_change: tuple[str, ...] = ()
