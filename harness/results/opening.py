"""Opening a results database: the connection's own rules, and a schema that is this harness's."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from harness.errors import SchemaTooNew, StoreError
from harness.results.schema import SCHEMA_VERSION, SchemaRow

_AGAIN_S = 0.02
_SCHEMA_LOCK = 0x6861726E  # any number that all harnesses agree on


def engine_of(location: str, deadline_s: float) -> Engine:
    """An engine for a path (its folder is made where missing) or an SQLAlchemy URL.

    A lock of another process is waited for at most `deadline_s` seconds, a server likewise.
    """
    if "://" in location:
        url = make_url(location)
    else:
        Path(location).parent.mkdir(parents=True, exist_ok=True)
        url = URL.create("sqlite", database=location)
    sqlite = url.get_backend_name() == "sqlite"
    engine = sqlalchemy.create_engine(
        url, poolclass=NullPool, connect_args=_connect_args(url, deadline_s)
    )
    if sqlite:
        event.listen(engine, "connect", _own_transactions)
        event.listen(engine, "begin", _begin)
    return engine


def _connect_args(url: URL, deadline_s: float) -> dict[str, object]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": deadline_s}
    if url.get_driver_name() == "psycopg":
        milliseconds = max(1, round(deadline_s * 1000))
        options = f"{url.query.get('options', '')} -c lock_timeout={milliseconds}"
        # libpq takes 1 for 2 seconds, and 0 for no limit.
        return {"connect_timeout": max(2, round(deadline_s)), "options": options.strip()}
    return {}


def _own_transactions(connection: object, record: object) -> None:
    """Keep Python's sqlite3 from deciding when a transaction begins; check references."""
    connection.isolation_level = None  # type: ignore[attr-defined]
    connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a lock asked for later can fail without any waiting."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def write_ahead(engine: Engine, deadline_s: float) -> None:
    """Let readers of an SQLite file go on while one process writes; lasts for the file.

    SQLite does not wait for the locks of others when it changes the mode, so it is asked again.

    Raises:
        sqlite3.OperationalError: others held the file for `deadline_s` seconds.
    """
    end = time.monotonic() + deadline_s
    with engine.connect() as connection:  # outside a transaction
        while True:
            try:
                connection.connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            time.sleep(_AGAIN_S)


def require_schema(connection: Connection, where: str) -> None:
    """Make the tables in an empty database, bring older ones up to date, refuse any others.

    Raises:
        SchemaTooNew: a newer harness wrote it.
        StoreError: it is somebody else's, or of a version that never was.
    """
    if connection.dialect.name == "postgresql":  # as SQLite's write lock: one process migrates
        connection.execute(select(sqlalchemy.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
    tables = inspect(connection).get_table_names()
    if tables and SchemaRow.__tablename__ not in tables:
        raise StoreError(
            f"this database holds {', '.join(sorted(tables)[:5])} and no results of the harness",
            where=where,
            hint="Name another file for the results.",
        )
    version = connection.scalar(select(SchemaRow.version)) if tables else 0
    if version == SCHEMA_VERSION:
        return
    if version is not None and version > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"the results have schema version {version}, this harness knows {SCHEMA_VERSION}",
            where=where,
            hint="Upgrade the harness, or name another file for the results.",
        )
    if version is None or version < 0 or (version == 0 and tables):
        raise StoreError(
            f"the results have schema version {version}, this harness needs {SCHEMA_VERSION}",
            where=where,
            hint="Name another file for the results.",
        )
    from harness.results.migrations import migrate  # alembic takes long to import, and is rare

    migrate(connection, version)
