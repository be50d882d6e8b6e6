"""The databases that the tests of the store run on: SQLite, and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[object]:
    """A PostgreSQL server; the test is skipped where none can be started."""
    from builders.postgres_server import running_server, why_not

    if reason := why_not():
        pytest.skip(reason)
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The location of an empty results database, once of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "harness.db")
    return str(request.getfixturevalue("postgres").new_database())
