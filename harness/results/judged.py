"""Two runs judged beside the runs before them: what is bistable, and where a new level began."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.observation import Observation
from harness.domain.thresholds import Thresholds
from harness.domain.verdict import CaseVerdict, Judgement
from harness.results.observing import history_before
from harness.results.regression import Contains, judge_runs, same_commit
from harness.results.store import Store


def judge_beside_history(
    before: Sequence[Observation],
    after: Sequence[Observation],
    thresholds: Thresholds,
    store: Store | None,
    *,
    contains: Contains = same_commit,
) -> list[CaseVerdict]:
    """The verdicts of `judge_runs`, those on a change made with the history of their case.

    Without a store there is no history.

    Raises:
        StoreError, CorruptRecord: the database cannot be read.
    """
    verdicts = judge_runs(before, after, thresholds, contains=contains)
    changed = {one.key for one in verdicts if _changed(one)}
    doubtful = [one for one in after if one.key in changed]
    if store is None or not doubtful:
        return verdicts
    metrics = [one.metric for one in thresholds.metrics if one.unit == "%"]
    history = history_before(store, doubtful, metrics, may_change=thresholds.may_change)
    return judge_runs(before, after, thresholds, contains=contains, history=history)


def _changed(verdict: CaseVerdict) -> bool:
    """Whether a metric has another number, whatever was made of it."""
    return any(
        one.judgement is not Judgement.SAME and one.before is not None and one.after is not None
        for one in verdict.metrics
    )
