"""A nightly's course: all cases, those again that the rig failed, then verdicts, settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from harness.domain.comparability import ComparabilityKey
from harness.domain.nightly import worth_a_retry
from harness.domain.plan import Case
from harness.domain.record import CaseRecord
from harness.domain.verdict import CaseVerdict

Judge = Callable[[], list[CaseVerdict]]


class Measure(Protocol):
    """Measures cases."""

    def __call__(self, cases: Sequence[Case], *, fresh: bool) -> Sequence[CaseRecord]:
        """Measure and keep `cases`; `fresh` takes none over from before. A record for each."""


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
    from harness.results.regression import confirmed  # numpy takes long to import

    verdicts = judge()
    doubtful = {key_name(one.key): one for one in verdicts if one.needs_confirmation}
    again = [case for case in cases if case_name(case) in doubtful]
    if not again:
        return verdicts
    measure(again, fresh=True)
    second = {key_name(one.key): one for one in judge()}
    return [
        confirmed(one, second[key_name(one.key)]) if one.needs_confirmation else one
        for one in verdicts
    ]


def key_name(key: ComparabilityKey) -> tuple[str, ...]:
    """What a plan calls a case: model, target, kernel set, build variant."""
    return (key.model, key.target, key.kernel_set, key.variant)


def case_name(case: Case) -> tuple[str, ...]:
    """The same of a planned case."""
    return (case.model.name, case.target.id, case.kernel_set.id, case.variant.id)
