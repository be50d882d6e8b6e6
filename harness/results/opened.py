"""Opens the results database at a path or a URL, and the raw data that belong to it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine

from harness.results.faults import store_errors
from harness.results.opening import engine_of, require_schema, write_ahead
from harness.results.raw import RawStore
from harness.results.raw_folder import RawFolder
from harness.results.raw_table import RawTable
from harness.results.store import Store

DEFAULT_RESULTS = Path("results/harness.db")
LOCK_DEADLINE_S = 30.0


def open_store(
    location: Path | str = DEFAULT_RESULTS, deadline_s: float = LOCK_DEADLINE_S
) -> Store:
    """Open the database at a path (made with its folder where missing) or an SQLAlchemy URL.

    A database that another process has locked is waited for at most `deadline_s` seconds. Raw data
    is in the folder `<file>.raw` beside an SQLite file, else in the database.

    Raises:
        SchemaTooNew: a newer harness wrote it.
        StoreError: it cannot be opened, is not a results database, or is locked.
    """
    where = shown(str(location))
    with store_errors(where, "opened"):
        engine = engine_of(str(location), deadline_s)
        with engine.execution_options(writes=True).begin() as connection:
            require_schema(connection, where)
        if engine.dialect.name == "sqlite":
            write_ahead(engine, deadline_s)
    return Store(engine, where, _raw_of(engine, where))


def shown(location: str) -> str:
    """A location as messages show it: without user and password."""
    return re.sub(r"://[^@/]*@", "://***@", location)


def _raw_of(engine: Engine, where: str) -> RawStore:
    file = engine.url.database or ""
    if engine.dialect.name != "sqlite" or not file or file.startswith((":memory:", "file:")):
        return RawTable(engine, where)
    return RawFolder(Path(f"{file}.raw").absolute())
