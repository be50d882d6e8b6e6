"""Brings a results database from any older schema to this one, by the files in `versions`."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from harness.results.schema import SCHEMA_VERSION, SchemaRow

HERE = Path(__file__).parent


def migrate(connection: Connection, have: int, want: int = SCHEMA_VERSION) -> None:
    """Bring a database of schema version `have` (0: an empty one) to `want`, a step at a time.

    A revision's name is the schema version it gives. Which one a database has is told by its table
    `harness_schema`, which every harness that ever was can read; alembic's own table is not used.
    """
    scripts = ScriptDirectory(str(HERE))
    context = MigrationContext.configure(connection)
    steps = reversed(list(scripts.iterate_revisions(str(want), str(have) if have else "base")))
    with Operations.context(context):
        for step in steps:
            step.module.upgrade()
    version = SchemaRow.__table__
    if have == 0:
        connection.execute(sqlalchemy.insert(SchemaRow).values(version=want))
    elif have != want:
        connection.execute(sqlalchemy.update(version).values(version=want))  # type: ignore[arg-type]
