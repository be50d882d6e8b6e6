"""The results database: adding cases one by one, finding runs and cases, and reading them back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from harness.domain.record import CaseRecord, RunInfo
from harness.domain.selection import CaseFilter, RunFilter, StoredCase, TakenIn
from harness.errors import StoreError
from harness.results import codec
from harness.results.faults import store_errors
from harness.results.queries import case_conditions, run_numbers
from harness.results.raw import RawStore
from harness.results.resolving import resolved
from harness.results.schema import CaseRow, RunRow, TagRow
from harness.results.taking_in import take_in

if TYPE_CHECKING:
    import pandas as pd

ALL_RUNS, ALL_CASES = RunFilter(), CaseFilter()
_BATCH = 500  # cases in memory at a time


class Store:
    """An open results database; made by `harness.results.open_store`.

    Nothing is held open between calls, so any number of processes may share a database. `raw` keeps
    what is too large for a row.
    """

    def __init__(self, engine: Engine, where: str, raw: RawStore) -> None:
        self._engine = engine
        self.where = where
        self.raw = raw

    def begin(self, run: RunInfo) -> str:
        """Keep a run, and return its id for `add`.

        Raises:
            StoreError: it cannot be written, or there is a run of this id.
        """
        with self.writing() as session:
            session.add(codec.run_to_row(run))
        return run.id

    def add(self, run_id: str, record: CaseRecord) -> None:
        """Keep one case, in one transaction: all of it or nothing.

        Raises:
            StoreError: it cannot be written, or no run has this id.
        """
        with self.writing() as session:
            session.add(codec.case_to_row(run_id, uuid.uuid4().hex, record))

    def take_in(self, cases: Iterable[StoredCase]) -> TakenIn:
        """Keep cases of another database with their runs; those that are there stay as they are.

        Raises:
            StoreError: they cannot be written, or a run of the same id is another one.
        """
        return take_in(cases, self.writing, self.where)

    def cases(self, run_id: str) -> list[CaseRecord]:
        """The cases of a run in the order they ended, without sessions.

        Raises:
            StoreError: the database cannot be read, or no run has this id.
            CorruptRecord: a row does not decode.
        """
        return self._cases(CaseFilter(runs=(run_id,)), run_id)

    def sessions(self, run_id: str) -> list[CaseRecord]:
        """The sessions of a run: MLPerf Tiny, or a power measurement by hand.

        Raises:
            As `cases`.
        """
        return self._cases(CaseFilter(runs=(run_id,), sessions=True), run_id)

    def _cases(self, where: CaseFilter, run_id: str) -> list[CaseRecord]:
        with self.reading() as session:
            self._require_run(session, run_id)
        return [stored.record for stored in self.records(where)]

    def records(self, where: CaseFilter = ALL_CASES) -> Iterator[StoredCase]:
        """The cases that `where` means, in the order they ended, some hundred in memory at a time.

        Raises:
            StoreError: the database cannot be read.
            CorruptRecord: a row does not decode.
        """
        runs: dict[str, RunInfo] = {}
        query = select(CaseRow).where(*case_conditions(where)).order_by(CaseRow.number)
        last = 0
        while True:
            with self.reading() as session:
                rows = session.scalars(query.where(CaseRow.number > last).limit(_BATCH)).all()
                for run_id in {row.run_id for row in rows} - runs.keys():
                    run = session.scalars(select(RunRow).where(RunRow.id == run_id)).one()
                    runs[run_id] = codec.run_from_row(run, self.where)
                batch = [codec.stored_from_row(row, runs[row.run_id], self.where) for row in rows]
            yield from batch
            if len(batch) < _BATCH:
                return
            last = rows[-1].number

    def count(self, where: CaseFilter = ALL_CASES) -> int:
        """How many cases `where` means.

        Raises:
            StoreError: the database cannot be read.
        """
        with self.reading() as session:
            query = select(func.count()).select_from(CaseRow).where(*case_conditions(where))
            return session.scalar(query) or 0

    def frame(
        self, where: CaseFilter = ALL_CASES, columns: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """The cases that `where` means as a table, a row each: see `harness.results.frame`.

        Raises:
            StoreError: the database cannot be read.
        """
        from harness.results.frame import frame  # pandas takes long to import

        with self.reading() as session:
            return frame(session.connection(), where, columns)

    def runs(self, where: RunFilter = ALL_RUNS) -> list[RunInfo]:
        """The runs that `where` means, in the order they were begun or taken in.

        Raises:
            StoreError: the database cannot be read.
            CorruptRecord: a row does not decode.
        """
        with self.reading() as session:
            query = select(RunRow).where(RunRow.number.in_(run_numbers(where)))
            rows = session.scalars(query.order_by(RunRow.number))
            return [codec.run_from_row(row, self.where) for row in rows]

    def session_runs(self) -> list[RunInfo]:
        """The runs that are a session, in the order they were begun.

        Raises:
            As `runs`.
        """
        return self.runs(replace(ALL_RUNS, sessions=True))

    def resolve(self, name: str, *, sessions: bool = False) -> list[RunInfo]:
        """The runs that a user means by `name`: see `harness.results.resolving`.

        With `sessions` also those that are one, but `last` is never one.

        Raises:
            UnknownRun: no run is meant.
            StoreError: the database cannot be read.
        """

        def runs(where: RunFilter) -> list[RunInfo]:
            every = sessions and where.last is None
            return self.runs(replace(where, sessions=None) if every else where)

        return resolved(name, runs, self.where)

    def last_run(self) -> RunInfo | None:
        """The run that began last, None where there is none.

        Raises:
            StoreError: the database cannot be read.
            CorruptRecord: the row does not decode.
        """
        return next(iter(self.runs(RunFilter(last=1))), None)

    def tag(self, run_id: str, name: str, *, move: bool = False) -> None:
        """Give a run a name; with `move` no other run keeps it.

        Raises:
            StoreError: it cannot be written, or no run has this id.
        """
        with self.writing() as session:
            self._require_run(session, run_id)
            if move:
                session.execute(delete(TagRow).where(TagRow.name == name))
            session.merge(TagRow(name=name, run_id=run_id))

    def untag(self, run_id: str, name: str) -> bool:
        """Take a name from a run; False where it has not got it.

        Raises:
            StoreError: it cannot be written.
        """
        mine = (TagRow.name == name, TagRow.run_id == run_id)
        with self.writing() as session:
            gone = session.execute(delete(TagRow).where(*mine).returning(TagRow.name))
            return bool(gone.all())

    def tags(self) -> dict[str, tuple[str, ...]]:
        """The tags of every run that has any, by its id.

        Raises:
            StoreError: the database cannot be read.
        """
        found: dict[str, tuple[str, ...]] = {}
        with self.reading() as session:
            for row in session.scalars(select(TagRow).order_by(TagRow.name)):
                found[row.run_id] = (*found.get(row.run_id, ()), row.name)
        return found

    def _require_run(self, session: Session, run_id: str) -> None:
        if session.scalar(select(RunRow.number).where(RunRow.id == run_id)) is None:
            raise StoreError(
                f"there is no run {run_id!r}",
                where=self.where,
                hint="Take an id of the column `id` of the table `runs`.",
            )

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction for this room's own modules: all that is done inside, or nothing."""
        engine = self._engine.execution_options(writes=True)
        with store_errors(self.where, "written"), Session(engine) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for this room's own modules that changes nothing."""
        with store_errors(self.where, "read"), Session(self._engine) as session:
            yield session
