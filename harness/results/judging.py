"""One metric of a case, before and after: does the change count, and is it known?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.thresholds import Better, KnownStep, Threshold
from harness.domain.verdict import Judgement, MetricVerdict
from harness.results.energy_gate import is_energy, tested_energy, why_no_energy_is_judged
from harness.results.history_told import bistable, told_by_history
from harness.results.significance import Shift, mean_uncertainty, shift

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Evidence:
    """What is known beside the two readings of a metric.

    `before` and `after` are the single values, `history` the metric's values of earlier runs,
    oldest first; all in the metric's unit, all may be empty. `step` is the known step that lies
    between the two runs.
    """

    before: Sequence[float] = ()
    after: Sequence[float] = ()
    history: Sequence[float] = ()
    step: KnownStep | None = None


def judge_metric(
    threshold: Threshold, before: Reading, after: Reading, evidence: Evidence | None = None
) -> MetricVerdict | None:
    """The verdict on one metric; None where neither side has it.

    A change that the counter's resolution cannot show, or of a noisy metric one that chance could,
    is the same. A number that was there and is missing is no result, and never a regression.
    """
    evidence = evidence or Evidence()
    if isinstance(after, Missing):
        return None if isinstance(before, Missing) else _lost(threshold, before, after)
    if isinstance(before, Missing):
        value, unit = _value(threshold, after)
        return MetricVerdict(
            threshold.metric, Judgement.NEW, unit, after=value, reason=before.reason
        )
    (then, unit), (now, _) = _value(threshold, before), _value(threshold, after)
    verdict = MetricVerdict(
        threshold.metric,
        Judgement.SAME,
        unit,
        then,
        now,
        change=now / then - 1 if then else None,
    )
    energy = is_energy(before)
    if energy and (reason := why_no_energy_is_judged(before, after)):
        return replace(verdict, judgement=Judgement.NEW, reason=reason)
    limit = _limit(threshold, then, before)
    if not _beyond(now - then, limit):
        return verdict
    known = bistable(threshold, evidence.history, now)
    if threshold.noisy:
        if known:
            return replace(verdict, reason=known)
        verdict = (
            tested_energy(threshold, verdict, before, after, (evidence.before, evidence.after))
            if energy
            else _tested(threshold, verdict, before, after, evidence)
        )
        if not verdict.needs_confirmation:
            return verdict
    called = _called(threshold, verdict, limit, now - then, evidence.step)
    beside = known or told_by_history(threshold, evidence.history, now)
    return replace(called, reason="; ".join(filter(None, (called.reason, beside))))


def _lost(threshold: Threshold, before: Measurement, after: Missing) -> MetricVerdict:
    value, unit = _value(threshold, before)
    return MetricVerdict(
        threshold.metric, Judgement.NO_RESULT, unit, before=value, reason=after.reason
    )


def _value(threshold: Threshold, reading: Measurement) -> tuple[float, str]:
    """The number that is judged and its unit: shares of samples are judged in samples."""
    if threshold.unit == "samples" and reading.unit.value == "fraction":
        return float(round(reading.value * reading.n)), "samples"
    return reading.value, reading.unit.value


def _limit(threshold: Threshold, value: float, reading: Measurement) -> float:
    if threshold.unit != "%":
        return threshold.limit
    return max(abs(value) * threshold.limit / 100, reading.resolution or 0.0)


def _beyond(change: float, limit: float) -> bool:
    return abs(change) > limit * (1 + _ROUNDING)


def _tested(
    threshold: Threshold,
    verdict: MetricVerdict,
    before: Measurement,
    after: Measurement,
    evidence: Evidence,
) -> MetricVerdict:
    """The change of a noisy metric: why it is not to be believed, or that it needs confirmation."""
    found = _shift(evidence)
    if found is None:
        apart = before.maximum < after.minimum or after.maximum < before.minimum
        if apart and min(before.n, after.n) > 1:
            return replace(verdict, needs_confirmation=True)
        reason = "beyond the limit, but without single values its significance is not known"
        return replace(verdict, judgement=Judgement.NO_RESULT, reason=reason)
    verdict = replace(verdict, p_value=found.p_value, effect=found.effect)
    if found.attainable > threshold.significance:
        few = f"{len(evidence.before)} and {len(evidence.after)} values"
        reason = f"{few} are too few for a significance of {threshold.significance:g}"
        return replace(verdict, judgement=Judgement.NO_RESULT, reason=reason)
    if found.p_value >= threshold.significance:
        return replace(verdict, reason=f"not significant (p = {found.p_value:.2g})")
    uncertainty = math.hypot(mean_uncertainty(evidence.before), mean_uncertainty(evidence.after))
    if abs(after.value - before.value) <= threshold.sigmas * uncertainty:
        return replace(verdict, reason=f"within {threshold.sigmas:g} standard uncertainties")
    return replace(verdict, needs_confirmation=True)


def _shift(evidence: Evidence) -> Shift | None:
    return shift(evidence.before, evidence.after) if evidence.before and evidence.after else None


def _called(
    threshold: Threshold,
    verdict: MetricVerdict,
    limit: float,
    change: float,
    step: KnownStep | None,
) -> MetricVerdict:
    """Which of regression, improvement and known step a change beyond the limit is."""
    worse = change > 0 if threshold.better is Better.LOWER else change < 0
    judgement = Judgement.REGRESSION if worse else Judgement.IMPROVEMENT
    if step is None or step.by * change <= 0:
        return replace(verdict, judgement=judgement)
    over = abs(change) - abs(step.by * (verdict.before or 0.0))
    if _beyond(max(0.0, over), limit):
        reason = f"beyond the known step of {100 * step.by:+.3g} % ({step.reason})"
        return replace(verdict, judgement=judgement, reason=reason)
    return replace(
        verdict, judgement=Judgement.KNOWN_STEP, reason=step.reason, needs_confirmation=False
    )
