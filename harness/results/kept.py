"""Opening results that are there, for commands that only look: they make no database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from harness.errors import StoreError
from harness.results.faults import store_errors
from harness.results.opened import DEFAULT_RESULTS, LOCK_DEADLINE_S, open_store, shown
from harness.results.opening import engine_of
from harness.results.schema import SchemaRow
from harness.results.store import Store


def is_kept(location: str | None = None) -> bool:
    """Whether there are results at a path or an SQLAlchemy URL; None is `DEFAULT_RESULTS`.

    Raises:
        StoreError: it is a URL of nothing that SQLAlchemy knows, or the server does not answer.
    """
    place = location or str(DEFAULT_RESULTS)
    if "://" not in place:
        return Path(place).is_file()
    with store_errors(shown(place), "opened"):
        url = make_url(place)
        file = url.database or ""
        if url.get_backend_name() == "sqlite" and not file.startswith("file:"):
            return Path(file).is_file()
        with engine_of(place, LOCK_DEADLINE_S).connect() as connection:
            return inspect(connection).has_table(SchemaRow.__tablename__)


def open_kept(location: str | None = None) -> Store:
    """The store at a path or an SQLAlchemy URL; None is `DEFAULT_RESULTS`.

    Raises:
        StoreError: there is none, or as `open_store`.
    """
    if not is_kept(location):
        raise StoreError(
            "there are no results",
            where=shown(location or str(DEFAULT_RESULTS)),
            hint="Measure something first (`harness run`), or name a database with --results.",
        )
    return open_store(location or DEFAULT_RESULTS)
