"""Cases of another database, taken in once however often they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import groupby, islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from harness.domain.record import RunInfo
from harness.domain.selection import StoredCase, TakenIn
from harness.errors import StoreError
from harness.results import codec
from harness.results.schema import CaseRow, RunRow

_BATCH = 500  # cases of a transaction


def take_in(
    cases: Iterable[StoredCase],
    writing: Callable[[], AbstractContextManager[Session]],
    where: str,
) -> TakenIn:
    """Keep `cases` and their runs, some hundred in a transaction; what is known stays as it is.

    Raises:
        StoreError: it cannot be written, or a run of the same id is another one.
    """
    runs = added = known = 0
    rest = iter(cases)
    while batch := list(islice(rest, _BATCH)):
        with writing() as session:
            for run, ofit in groupby(batch, key=lambda stored: stored.run):
                runs += _begun(session, run, where)
                mine = {stored.id: stored.record for stored in ofit}
                there = set(session.scalars(select(CaseRow.id).where(CaseRow.id.in_(mine))))
                known += len(there)
                new = [(name, record) for name, record in mine.items() if name not in there]
                session.add_all(codec.case_to_row(run.id, name, record) for name, record in new)
                session.flush()
                added += len(new)
    return TakenIn(runs, added, known)


def _begun(session: Session, run: RunInfo, where: str) -> bool:
    """Keep a run that is not there; False where it is."""
    row = session.scalar(select(RunRow).where(RunRow.id == run.id))
    if row is None:
        session.add(codec.run_to_row(run))
        session.flush()
        return True
    if codec.run_from_row(row, where) != run:
        raise StoreError(
            f"another run has the id {run.id}",
            where=where,
            hint="Import the file into a database of its own (--results-db).",
        )
    return False
