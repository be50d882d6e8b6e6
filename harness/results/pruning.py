"""Deleting runs that are old or too many, and the raw data that nothing refers to any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from harness.domain.record import RunInfo
from harness.domain.selection import RunFilter
from harness.results.schema import CaseRow, RawReferenceRow, ReadingRow, RunRow, TagRow
from harness.results.store import Store

# A case refers to raw data only after it was put: what is younger may be about to be referred to.
GRACE_S = 3600.0


@dataclass(frozen=True)
class Pruned:
    """What was deleted; raw data in bytes as it was kept."""

    runs: int
    cases: int
    raw_bytes: int


def prunable(
    store: Store, *, before: datetime | None = None, keep_last: int | None = None
) -> list[RunInfo]:
    """The runs to delete, oldest first: begun before that time, and not among the last so many.

    Sessions are runs, too. A condition that is None does not matter; a run that has a tag is never
    among them.

    Raises:
        StoreError: the database cannot be read.
        CorruptRecord: a row of a run does not decode.
    """
    tags = store.tags()
    runs = sorted(store.runs(RunFilter(sessions=None)), key=lambda run: run.started)
    if keep_last is not None:
        runs = runs[: max(0, len(runs) - keep_last)]
    return [run for run in runs if run.id not in tags and (before is None or run.started < before)]


def prune(store: Store, runs: Sequence[RunInfo], grace_s: float = GRACE_S) -> Pruned:
    """Delete runs with all that is theirs, each in one transaction, then raw data nobody needs.

    Raw data that was put in the last `grace_s` seconds stays, and a run that got a tag meanwhile.

    Raises:
        StoreError: it cannot be deleted.
    """
    gone = cases = 0
    for run in runs:
        deleted = _delete(store, run.id)
        gone += deleted is not None
        cases += deleted or 0
    return Pruned(gone, cases, _sweep(store, grace_s))


def _delete(store: Store, run_id: str) -> int | None:
    """The number of cases it had; None where it stays, or is gone already."""
    mine = select(CaseRow.number).where(CaseRow.run_id == run_id)
    with store.writing() as session:
        if session.scalar(select(func.count()).where(TagRow.run_id == run_id)):
            return None
        for table in (ReadingRow, RawReferenceRow):
            session.execute(delete(table).where(table.case_number.in_(mine)))
        count = session.scalar(select(func.count()).where(CaseRow.run_id == run_id)) or 0
        session.execute(delete(CaseRow).where(CaseRow.run_id == run_id))
        found = session.execute(delete(RunRow).where(RunRow.id == run_id).returning(RunRow.id))
        return count if found.all() else None


def _sweep(store: Store, grace_s: float) -> int:
    unused = list(store.raw.hashes(grace_s))
    freed = 0
    for sha256 in unused:
        query = select(func.count()).where(RawReferenceRow.sha256 == sha256)
        with store.reading() as session:
            needed = session.scalar(query)
        if not needed:
            freed += store.raw.drop(sha256)
    return freed
