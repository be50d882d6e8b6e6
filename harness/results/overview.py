"""Runs at a glance: how many cases each has, how many failed, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from harness.domain.record import CaseStatus, RunInfo
from harness.domain.selection import RunFilter
from harness.results.interrupted import interrupted_and_redone
from harness.results.queries import run_numbers
from harness.results.schema import CaseRow, RunRow
from harness.results.store import Store


@dataclass(frozen=True)
class RunOverview:
    """A run, its tags, and the number of its cases; `failed` of them have no numbers.

    A case that was interrupted and then measured by the resumed run counts once.
    """

    run: RunInfo
    tags: tuple[str, ...]
    cases: int
    failed: int


def overview(store: Store, where: RunFilter) -> list[RunOverview]:
    """The runs that `where` means, in the order they were begun or taken in; no case is read.

    Raises:
        StoreError: the database cannot be read.
        CorruptRecord: a row of a run does not decode.
    """
    tags = store.tags()
    failed = func.sum(case((CaseRow.status == CaseStatus.FAILED, 1), else_=0))
    mine = select(RunRow.id).where(RunRow.number.in_(run_numbers(where)))
    query = (
        select(CaseRow.run_id, func.count(), failed)
        .where(CaseRow.run_id.in_(mine))
        .group_by(CaseRow.run_id)
    )
    with store.reading() as session:
        redone = {run_id: int(n) for run_id, n in session.execute(interrupted_and_redone())}
        counts = {
            run_id: (int(all_) - redone.get(run_id, 0), int(bad) - redone.get(run_id, 0))
            for run_id, all_, bad in session.execute(query)
        }
    return [
        RunOverview(run, tags.get(run.id, ()), *counts.get(run.id, (0, 0)))
        for run in store.runs(where)
    ]
