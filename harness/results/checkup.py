"""Whether results can be kept where they are meant to be; nothing is made or written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url

from harness.domain.checkup import Finding, State
from harness.errors import StoreError
from harness.results.faults import store_errors
from harness.results.schema import SCHEMA_VERSION, SchemaRow

_PART, _NAME = "results", "store"
_ELSEWHERE = "export HARNESS_RESULTS=$HOME/harness-results.db"


def checkup(location: Path | str, deadline_s: float) -> Iterator[Finding]:
    """One finding about the database at a path or an SQLAlchemy URL; no server is contacted.

    A locked file is waited for at most `deadline_s` seconds.
    """
    try:
        yield _look_at(str(location), deadline_s)
    except StoreError as error:
        yield _faulty(str(error.what))


def _look_at(location: str, deadline_s: float) -> Finding:
    file = location
    if "://" in location:
        with store_errors("", "opened"):
            url = make_url(location)
        if url.get_backend_name() != "sqlite":
            note = f"a database server ({url.get_backend_name()}), which is not contacted"
            return Finding(_PART, _NAME, State.OPTIONAL, note=note)
        file = url.database or ":memory:"
    if file == ":memory:":
        return Finding(_PART, _NAME, State.OK, note="in memory: gone with the process")
    path = Path(file).absolute()
    there = next(p for p in (path, *path.parents) if os.access(p, os.F_OK))
    if there != path:
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            return _faulty(f"{there} cannot be written")
        return Finding(_PART, _NAME, State.OK, note=f"{path}, to be made by the first run")
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
        return _faulty(f"{path} cannot be written")
    version = _schema(path, deadline_s)
    if 1 <= version < SCHEMA_VERSION:
        note = f"{path}, which the next run brings to schema {SCHEMA_VERSION}"
        return Finding(_PART, _NAME, State.OK, f"schema {version}", note)
    if version != SCHEMA_VERSION:
        return _faulty(f"{path} has schema version {version}, this harness needs {SCHEMA_VERSION}")
    return Finding(_PART, _NAME, State.OK, f"schema {version}", str(path))


def _schema(path: Path, deadline_s: float) -> int:
    """The schema version of a database; that of this harness where the database is empty."""
    with store_errors("", "read"):
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, timeout=deadline_s
        )
        try:
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
            if not tables:
                return SCHEMA_VERSION
            row = connection.execute(f"SELECT version FROM {SchemaRow.__tablename__}").fetchone()
            return int(row[0])
        except (TypeError, ValueError) as error:
            raise StoreError(f"the schema version is unreadable ({error})") from error
        finally:
            connection.close()


def _faulty(note: str) -> Finding:
    return Finding(
        *(_PART, _NAME, State.FAULTY), note=note, mend=_ELSEWHERE, exit_code=StoreError.exit_code
    )
