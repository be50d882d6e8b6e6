"""Two runs, case by case: what got worse or better, what moved inside, and what is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from harness.domain.comparability import Fact, differences, in_words
from harness.domain.observation import Observation
from harness.domain.thresholds import KnownStep, Thresholds
from harness.domain.verdict import CaseVerdict, Judgement, MetricVerdict, worst
from harness.results.judging import Evidence, judge_metric
from harness.results.moved import moved_kernels, moved_operators

Contains = Callable[[str, str], bool]
"""Whether the history of the first commit has the second one in it (or is it)."""
History = Mapping[tuple[tuple[Fact, ...], str], Sequence[float]]
"""Values of earlier runs, oldest first, by `ComparabilityKey.case` and metric."""

_LEAST_SHARE = 0.001  # of the whole count: operators that moved by less are not worth a line


def same_commit(commit: str, step: str) -> bool:
    """Where no git can be asked, a commit holds only itself."""
    return commit.startswith(step)


def judge_runs(
    before: Iterable[Observation],
    after: Iterable[Observation],
    thresholds: Thresholds,
    *,
    contains: Contains = same_commit,
    history: History | None = None,
) -> list[CaseVerdict]:
    """A verdict for every case of either run, in the order of `after`, then what it lacks.

    Of a case that a run has more than once (a retry, a resumed run) the last one counts.
    """
    earlier = {one.key.case: one for one in before}
    later = {one.key.case: one for one in after}
    loose = {_known_part(case): case for case in earlier}
    unmet = {_known_part(case): case for case in earlier if case not in later}
    verdicts = []
    for case, now in later.items():
        # A case that failed early does not know its inputs; one with other inputs is not new.
        others = loose if now.trouble else unmet
        found = case if case in earlier else others.get(_known_part(case))
        then = earlier.pop(found, None) if found else None
        if then is None:
            verdicts.append(_alone(now))
        else:
            verdicts.append(judge_case(then, now, thresholds, contains=contains, history=history))
    gone = [one for one in earlier.values() if not one.trouble]
    return verdicts + [
        CaseVerdict(one.key, Judgement.NO_RESULT, reason="not measured this time") for one in gone
    ]


def judge_case(
    before: Observation,
    after: Observation,
    thresholds: Thresholds,
    *,
    contains: Contains = same_commit,
    history: History | None = None,
) -> CaseVerdict:
    """The verdict on one case; unequal keys and failed cases give no result, with the reason."""
    if after.trouble:
        return CaseVerdict(after.key, Judgement.NO_RESULT, reason=after.trouble)
    if before.trouble:
        return CaseVerdict(
            after.key, Judgement.NEW, reason=f"nothing to compare with: {before.trouble}"
        )
    if unequal := differences(before.key, after.key, thresholds.may_change):
        return CaseVerdict(
            after.key, Judgement.NO_RESULT, reason=f"not comparable: {in_words(unequal)}"
        )
    metrics = tuple(_metrics(before, after, thresholds, contains, history or {}))
    judgement = worst(metric.judgement for metric in metrics if metric.judgement != Judgement.NEW)
    verdict = CaseVerdict(after.key, judgement, metrics, changed=differences(before.key, after.key))
    return verdict if judgement is Judgement.SAME else _explained(verdict, before, after)


def confirmed(first: CaseVerdict, again: CaseVerdict) -> CaseVerdict:
    """`first` after an immediate re-run of its case was judged as `again`.

    A noisy change holds only where both runs call it the same; else it was chance. What needed no
    confirmation stays as it was. A re-run without a result leaves none for what was in doubt.
    """
    second = {metric.metric: metric for metric in again.metrics}
    metrics = tuple(
        _settled(metric, second.get(metric.metric)) if metric.needs_confirmation else metric
        for metric in first.metrics
    )
    judgement = worst(metric.judgement for metric in metrics if metric.judgement != Judgement.NEW)
    return replace(first, metrics=metrics, judgement=judgement)


def _settled(first: MetricVerdict, again: MetricVerdict | None) -> MetricVerdict:
    if again is None or again.judgement is Judgement.NO_RESULT:
        reason = "an immediate re-run gave no result"
        return replace(
            first, judgement=Judgement.NO_RESULT, reason=reason, needs_confirmation=False
        )
    if again.judgement is first.judgement:
        reason = "; ".join(filter(None, (first.reason, "confirmed by an immediate re-run")))
        return replace(first, reason=reason, needs_confirmation=False)
    reason = "not confirmed by an immediate re-run"
    return replace(first, judgement=Judgement.SAME, reason=reason, needs_confirmation=False)


def _metrics(
    before: Observation,
    after: Observation,
    thresholds: Thresholds,
    contains: Contains,
    history: History,
) -> Iterable[MetricVerdict]:
    for threshold in thresholds.metrics:
        name = threshold.metric
        evidence = Evidence(
            before.samples.get(name, ()),
            after.samples.get(name, ()),
            history.get((after.key.case, name), ()),
            _step_between(before, after, name, thresholds.known_steps, contains),
        )
        verdict = judge_metric(threshold, before.reading(name), after.reading(name), evidence)
        if verdict is not None:
            yield verdict


def _step_between(
    before: Observation,
    after: Observation,
    metric: str,
    steps: Sequence[KnownStep],
    contains: Contains,
) -> KnownStep | None:
    for step in steps:
        if step.concerns(metric, after.key) and _lies_between(step, before, after, contains):
            return step
    return None


def _lies_between(
    step: KnownStep, before: Observation, after: Observation, contains: Contains
) -> bool:
    if step.commit is not None:
        if not before.git_commit or not after.git_commit:
            return False
        return contains(after.git_commit, step.commit) and not contains(
            before.git_commit, step.commit
        )
    if step.date is None or before.started is None or after.started is None:
        return False
    return before.started < step.date <= after.started


def _explained(verdict: CaseVerdict, before: Observation, after: Observation) -> CaseVerdict:
    """`verdict` with the operators and kernel functions that moved by a thousandth of the whole."""
    whole = sum(one.count or 0.0 for one in before.operators)
    least = _LEAST_SHARE * whole
    return replace(
        verdict,
        operators=moved_operators(before.operators, after.operators, least),
        kernels=moved_kernels(before.operators, after.operators, least),
    )


def _alone(now: Observation) -> CaseVerdict:
    if now.trouble:
        return CaseVerdict(now.key, Judgement.NO_RESULT, reason=now.trouble)
    return CaseVerdict(now.key, Judgement.NEW, reason="not measured before")


def _known_part(case: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Of `CASE_FIELDS` those that a record has from its start: target, kernels, build, model."""
    return case[:4]
