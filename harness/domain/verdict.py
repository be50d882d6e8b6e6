"""What became of a case between two runs: worse, better, the same, accepted, or not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness.domain.comparability import ComparabilityKey, Difference


class Judgement(StrEnum):
    """The outcome; `NO_RESULT` is the rig's and never a regression."""

    REGRESSION = "regression"
    NO_RESULT = "no result"
    KNOWN_STEP = "known step"
    IMPROVEMENT = "improvement"
    SAME = "same"
    NEW = "new"


WORST_FIRST = tuple(Judgement)


@dataclass(frozen=True)
class Moved:
    """An operator, or a kernel function over all its operators, whose count or code changed.

    `operator` is its number and name (`0 CONV_2D`), empty for a kernel function. `change` is the
    count after less the one before, None where only the code is known; `kernels` is what runs it
    now, `kernels_before` what did.
    """

    operator: str
    kernels: tuple[str, ...]
    kernels_before: tuple[str, ...]
    before: float | None = None
    after: float | None = None

    @property
    def change(self) -> float | None:
        """After less before, in the unit of the counts."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    def __str__(self) -> str:
        kernels = ", ".join(self.kernels) or "no kernel"
        name = f"{self.operator} ({kernels})" if self.operator else kernels
        if self.kernels != self.kernels_before:
            name += f", was {', '.join(self.kernels_before) or 'no kernel'}"
        if self.before is None or self.after is None:
            return name
        share = f" ({100 * (self.after / self.before - 1):+.1f} %)" if self.before else ""
        return f"{name}: {self.before:,.0f} -> {self.after:,.0f}{share}"


@dataclass(frozen=True)
class MetricVerdict:
    """One metric of a case.

    `before` and `after` are in `unit`; `change` is relative to `before`, a fraction, None where
    there is none. `p_value` is that of a noisy metric's test, `effect` the probability that a value
    after exceeds one before (0.5: no shift). `needs_confirmation` asks for an immediate re-run.
    """

    metric: str
    judgement: Judgement
    unit: str
    before: float | None = None
    after: float | None = None
    change: float | None = None
    reason: str = ""
    p_value: float | None = None
    effect: float | None = None
    needs_confirmation: bool = False


@dataclass(frozen=True)
class CaseVerdict:
    """A case between two runs: its metrics, what moved inside it, and what else had changed.

    `changed` are differences of the key that were allowed; `reason` says why there is no result.
    """

    key: ComparabilityKey
    judgement: Judgement
    metrics: tuple[MetricVerdict, ...] = ()
    operators: tuple[Moved, ...] = ()
    kernels: tuple[Moved, ...] = ()
    changed: tuple[Difference, ...] = ()
    reason: str = ""

    @property
    def needs_confirmation(self) -> bool:
        """Whether a metric asks for an immediate re-run."""
        return any(metric.needs_confirmation for metric in self.metrics)


def worst(judgements: Iterable[Judgement]) -> Judgement:
    """The judgement that matters most; SAME of none."""
    return min(judgements, key=WORST_FIRST.index, default=Judgement.SAME)


def exit_code(verdicts: Iterable[CaseVerdict]) -> int:
    """0 where nothing got worse, 1 for a regression, 4 where only a rig's failure is in the way."""
    found = {verdict.judgement for verdict in verdicts}
    if Judgement.REGRESSION in found:
        return 1
    return 4 if Judgement.NO_RESULT in found else 0
