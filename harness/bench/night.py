"""A nightly's course: all cases, those again that the rig failed, then verdicts, settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from harness.bench.night_before import case_name, ended_well_before, key_name, still_asked
from harness.domain.nightly import Night, NightlyPlan, worth_a_retry
from harness.domain.plan import Case
from harness.domain.record import CaseRecord
from harness.domain.thresholds import Thresholds
from harness.domain.verdict import CaseVerdict

# The rest is imported where it is used: shell completion must not wait for numpy or SQLAlchemy.
if TYPE_CHECKING:
    from harness.domain.observation import Observation
    from harness.results import Store
    from harness.results.regression import Contains

Judge = Callable[[], list[CaseVerdict]]
HeldTo = tuple[str, Sequence["Observation"]]
"""What a baseline is called, and its cases."""


class Measure(Protocol):
    """Measures cases."""

    def __call__(self, cases: Sequence[Case], *, fresh: bool) -> Sequence[CaseRecord]:
        """Measure and keep `cases`; `fresh` takes none over from before. A record for each."""


def run_night(
    plan: NightlyPlan,
    cases: Sequence[Case],
    measure: Measure,
    store: Store,
    run_id: Callable[[], str],
    *,
    held_to: HeldTo | None,
    limits: Thresholds,
    contains: Contains,
    left_out: Sequence[str] = (),
) -> Night:
    """Measure `cases` into the run `run_id` of `store`, judge them, and name the run.

    `held_to` is a baseline, None the nightly before. The run gets the name of the plan at the end:
    one that was cut off is nobody's past.

    Raises:
        As `measure`; StoreError: the database cannot be read or written.
    """
    records, retried = measured(cases, measure, retries=plan.retries)
    (run,) = store.resolve(run_id())
    if held_to:
        planned = {case_name(case) for case in cases}
        against = held_to[0]
        before = [one for one in held_to[1] if key_name(one.key) in planned]
    else:
        against, earlier = ended_well_before(store, plan.tag, cases, run.id)
        before = still_asked(earlier, records)
    verdicts = judged(cases, measure, lambda: _verdicts(store, run.id, before, limits, contains))
    store.tag(run.id, plan.tag)
    return Night(
        run, against, tuple(records), tuple(verdicts), tuple(retried), left_out=tuple(left_out)
    )


def measured(
    cases: Sequence[Case], measure: Measure, *, retries: int
) -> tuple[list[CaseRecord], list[CaseRecord]]:
    """The last record of each case, and the records of failures that a further try replaced.

    Raises:
        As `measure`.
    """
    records, replaced = list(measure(cases, fresh=False)), []
    for _ in range(retries):
        failed = [place for place, record in enumerate(records) if worth_a_retry(record)]
        if not failed:
            break
        again = measure([cases[place] for place in failed], fresh=True)
        for place, record in zip(failed, again, strict=True):
            replaced.append(records[place])
            records[place] = record
    return records, replaced


def judged(cases: Sequence[Case], measure: Measure, judge: Judge) -> list[CaseVerdict]:
    """The verdicts of `judge`, those in doubt settled by an immediate re-run.

    Raises:
        As `measure` and `judge`.
    """
    from harness.results.regression import confirmed

    verdicts = judge()
    doubtful = {key_name(one.key) for one in verdicts if one.needs_confirmation}
    again = [case for case in cases if case_name(case) in doubtful]
    if not again:
        return verdicts
    measure(again, fresh=True)
    second = {key_name(one.key): one for one in judge()}
    return [
        confirmed(one, second[key_name(one.key)]) if one.needs_confirmation else one
        for one in verdicts
    ]


def _verdicts(
    store: Store,
    run_id: str,
    before: Sequence[Observation],
    limits: Thresholds,
    contains: Contains,
) -> list[CaseVerdict]:
    from harness.results.judged import judge_beside_history
    from harness.results.observing import observations_of

    after = observations_of(store, store.resolve(run_id))
    return judge_beside_history(before, after, limits, store, contains=contains)
