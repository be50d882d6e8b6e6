"""The results database: opening it, adding cases one by one, and reading them back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, Engine, Select, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from harness.domain.record import SESSION, CaseRecord, RunInfo
from harness.errors import SchemaTooNew, StoreError
from harness.results import codec
from harness.results.faults import store_errors
from harness.results.schema import ADDED, SCHEMA_VERSION, Base, CaseRow, RunRow, SchemaRow

DEFAULT_RESULTS = Path("results/harness.db")
LOCK_DEADLINE_S = 10.0
_HAS_SESSION = (
    select(CaseRow.number)
    .where(CaseRow.run_id == RunRow.id, CaseRow.target_id.startswith(SESSION))
    .exists()
)


class Store:
    """An open results database; made by `open_store`.

    Nothing is held open between calls, so any number of processes may share a database.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self._where = where

    def begin(self, run: RunInfo) -> str:
        """Keep a run, and return its id for `add`.

        Raises:
            StoreError: it cannot be written, or there is a run of this id.
        """
        with self._writing() as session:
            session.add(codec.run_to_row(run))
        return run.id

    def add(self, run_id: str, record: CaseRecord) -> None:
        """Keep one case, in one transaction: all of it or nothing.

        Raises:
            StoreError: it cannot be written, or no run has this id.
        """
        with self._writing() as session:
            session.add(codec.case_to_row(run_id, record))

    def cases(self, run_id: str) -> list[CaseRecord]:
        """The cases of a run in the order they ended, without MLPerf Tiny sessions.

        Raises:
            StoreError: the database cannot be read, or no run has this id.
            CorruptRecord: a row does not decode.
        """
        return [record for record in self._records(run_id) if not record.is_session]

    def sessions(self, run_id: str) -> list[CaseRecord]:
        """The MLPerf Tiny sessions of a run.

        Raises:
            As `cases`.
        """
        return [record for record in self._records(run_id) if record.is_session]

    def _records(self, run_id: str) -> list[CaseRecord]:
        with self._reading() as session:
            if session.scalar(select(RunRow.number).where(RunRow.id == run_id)) is None:
                raise StoreError(
                    f"there is no run {run_id!r}",
                    where=self._where,
                    hint="Take an id of the column `id` of the table `runs`.",
                )
            rows = session.scalars(
                select(CaseRow).where(CaseRow.run_id == run_id).order_by(CaseRow.number)
            )
            return [codec.case_from_row(row, self._where) for row in rows]

    def runs(self) -> list[RunInfo]:
        """All runs but those that are an MLPerf Tiny session, oldest first.

        Raises:
            StoreError: the database cannot be read.
            CorruptRecord: a row does not decode.
        """
        return self._runs(select(RunRow).where(~_HAS_SESSION).order_by(RunRow.number))

    def session_runs(self) -> list[RunInfo]:
        """The runs that are an MLPerf Tiny session, oldest first.

        Raises:
            As `runs`.
        """
        return self._runs(select(RunRow).where(_HAS_SESSION).order_by(RunRow.number))

    def last_run(self) -> RunInfo | None:
        """The one of `runs` that began last, None where there is none.

        Raises:
            As `runs`.
        """
        newest = select(RunRow).where(~_HAS_SESSION).order_by(RunRow.number.desc()).limit(1)
        return next(iter(self._runs(newest)), None)

    def _runs(self, query: Select[RunRow]) -> list[RunInfo]:
        with self._reading() as session:
            return [codec.run_from_row(row, self._where) for row in session.scalars(query)]

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        engine = self._engine.execution_options(writes=True)
        with store_errors(self._where, "written"), Session(engine) as session, session.begin():
            yield session

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with store_errors(self._where, "read"), Session(self._engine) as session:
            yield session


def open_store(
    location: Path | str = DEFAULT_RESULTS, deadline_s: float = LOCK_DEADLINE_S
) -> Store:
    """Open the database at a path (made with its folder where missing) or an SQLAlchemy URL.

    A database that another process has locked is waited for at most `deadline_s` seconds.

    Raises:
        SchemaTooNew: a newer harness wrote it.
        StoreError: it cannot be opened, is not a results database, or is locked.
    """
    where = re.sub(r"://[^@/]*@", "://***@", str(location))  # messages show no password
    with store_errors(where, "opened"):
        engine = _engine(str(location), deadline_s)
        with engine.execution_options(writes=True).begin() as connection:
            _require_schema(connection, where)
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:  # outside a transaction; lasts for the file
                connection.connection.execute("PRAGMA journal_mode = WAL")
    return Store(engine, where)


def _engine(location: str, deadline_s: float) -> Engine:
    if "://" in location:
        url = make_url(location)
    else:
        Path(location).parent.mkdir(parents=True, exist_ok=True)
        url = sqlalchemy.URL.create("sqlite", database=location)
    sqlite = url.get_backend_name() == "sqlite"
    engine = sqlalchemy.create_engine(
        url, poolclass=NullPool, connect_args={"timeout": deadline_s} if sqlite else {}
    )
    if sqlite:
        event.listen(engine, "connect", _own_transactions)
        event.listen(engine, "begin", _begin)
    return engine


def _own_transactions(connection: object, record: object) -> None:
    """Keep Python's sqlite3 from deciding when a transaction begins; check references."""
    connection.isolation_level = None  # type: ignore[attr-defined]
    connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a lock asked for later can fail without any waiting."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _require_schema(connection: Connection, where: str) -> None:
    """Make the tables in an empty database, bring older ones up to date, refuse any others."""
    tables = inspect(connection).get_table_names()
    if not tables:
        Base.metadata.create_all(connection)
        connection.execute(sqlalchemy.insert(SchemaRow).values(version=SCHEMA_VERSION))
        return
    if SchemaRow.__tablename__ not in tables:
        raise StoreError(
            f"this database holds {', '.join(sorted(tables)[:5])} and no results of the harness",
            where=where,
            hint="Name another file for the results.",
        )
    version = connection.scalar(select(SchemaRow.version))
    if version is not None and version > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"the results have schema version {version}, this harness knows {SCHEMA_VERSION}",
            where=where,
            hint="Upgrade the harness, or name another file for the results.",
        )
    if version is not None and 1 <= version < SCHEMA_VERSION:
        _upgrade(connection, version)
    elif version != SCHEMA_VERSION:
        raise StoreError(
            f"the results have schema version {version}, this harness needs {SCHEMA_VERSION}",
            where=where,
            hint="Name another file for the results.",
        )


def _upgrade(connection: Connection, version: int) -> None:
    """Add the columns that came after `version`."""
    quote = connection.dialect.identifier_preparer.quote
    for name in (name for later in range(version + 1, SCHEMA_VERSION + 1) for name in ADDED[later]):
        kind = CaseRow.__table__.columns[name].type.compile(connection.dialect)
        table = quote(CaseRow.__tablename__)
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {quote(name)} {kind}")
    connection.execute(sqlalchemy.update(SchemaRow).values(version=SCHEMA_VERSION))
