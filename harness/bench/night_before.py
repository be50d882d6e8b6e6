"""The nightly before: for each case the last time that it ended well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.domain.comparability import ComparabilityKey
from harness.domain.plan import Case
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.selection import CaseFilter, RunFilter

# The rest is imported where it is used: shell completion must not wait for numpy or SQLAlchemy.
if TYPE_CHECKING:
    from harness.domain.observation import Observation
    from harness.results import Store

NIGHTS = 30


def key_name(key: ComparabilityKey) -> tuple[str, ...]:
    """What a plan calls a case: model, target, kernel set, build variant."""
    return (key.model, key.target, key.kernel_set, key.variant)


def case_name(case: Case) -> tuple[str, ...]:
    """The same of a planned case."""
    return (case.model.name, case.target.id, case.kernel_set.id, case.variant.id)


def ended_well_before(
    store: Store, tag: str, cases: Sequence[Case], but: str
) -> tuple[str, list[Observation]]:
    """What to call it, and each case as it last ended well in one of `NIGHTS` runs called `tag`.

    A night in which the rig failed a case so leaves no gap in which a regression could hide. The
    run `but` does not count.

    Raises:
        StoreError, CorruptRecord: the database or raw data cannot be read.
    """
    from harness.results.comparability import key_of, source_of
    from harness.results.observing import detailed

    runs = [run for run in store.runs(RunFilter(tag=tag)) if run.id != but]
    runs.sort(key=lambda run: run.started, reverse=True)
    missing = {case_name(case) for case in cases}
    found = []
    for run in runs[:NIGHTS]:
        wanted = CaseFilter(runs=(run.id,), status=CaseStatus.OK)
        mine = {key_name(key_of(one.record)): one.record for one in store.records(wanted)}
        found += [detailed(mine[name], run, store.raw) for name in sorted(missing & mine.keys())]
        missing -= mine.keys()
        if not missing:
            break
    return source_of(runs[0]) if runs else "no nightly before", found


def still_asked(before: Sequence[Observation], now: Sequence[CaseRecord]) -> list[Observation]:
    """Of `before` what was measured with the inputs of `now`, for a plan may be changed."""
    from harness.results.comparability import key_of

    ended_well = [record for record in now if record.status is CaseStatus.OK]
    measured = {key_name(key): key.case for key in map(key_of, ended_well)}
    return [one for one in before if measured.get(key_name(one.key), one.key.case) == one.key.case]
