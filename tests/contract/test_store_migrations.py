"""A database of every schema that ever was is brought up to this one, on each kind of database."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from builders.records import KERNELS, case_record, failed_record, run_info
from sqlalchemy import text

from harness.domain.selection import CaseFilter
from harness.results import open_store
from harness.results.migrations import migrate
from harness.results.opening import engine_of
from harness.results.schema import SCHEMA_VERSION, Base

OLD = Path(__file__).parents[1] / "vectors" / "results"  # as the harnesses of then wrote them
VERSIONS = range(1, SCHEMA_VERSION)


@pytest.fixture(params=VERSIONS)
def old_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database with one run of two cases, as the harness of that schema version wrote it."""
    path = tmp_path / "results.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD / f"schema-{request.param}.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


def test_an_old_database_keeps_its_cases_and_takes_new_ones(old_file: Path) -> None:
    store = open_store(old_file)
    (run,) = store.runs()
    assert run == run_info()
    old = store.cases(run.id)
    assert {case.core.lower() for case in old} == {"cortex-m7"}  # written otherwise at first
    kept = [replace(case, core="Cortex-M7") for case in old]
    assert kept == [case_record(), failed_record()]
    new = case_record(aliases="cmsis-nn-dsp", operator_kernels=KERNELS, incidents="reset", raw=())
    store.add(run.id, new)
    assert open_store(old_file).cases(run.id) == [*old, new]


def test_copies_of_an_old_database_give_a_case_the_same_id(old_file: Path) -> None:
    ids = [stored.id for stored in open_store(old_file).records()]
    assert ids == ["0123456789abcdef-1", "0123456789abcdef-2"]


def test_what_came_later_is_null_in_old_cases(old_file: Path) -> None:
    connection = sqlite3.connect(old_file)
    ((version,),) = connection.execute("SELECT version FROM harness_schema")
    connection.close()
    (case, _) = open_store(old_file).cases(run_info().id)
    assert version in VERSIONS
    assert (case.aliases, case.operator_kernels, case.frames_repeated) == (None, (), None)
    assert (case.board_serial, case.caches, case.protocol_version) == (None, None, None)


def test_migrations_end_in_the_schema_that_is_declared(database: str) -> None:
    open_store(database)
    engine = engine_of(database, 5)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_step_of_the_way_is_a_database_that_opens(database: str, version: int) -> None:
    engine = engine_of(database, 5)
    with engine.execution_options(writes=True).begin() as connection:
        migrate(connection, 0, version)
        connection.execute(
            text("INSERT INTO runs VALUES (1, 'r1', '2024-05-17T08:30:00+00:00', 'x', NULL, NULL, "
                 "'desk', '0.1.0')")
        )  # fmt: skip
        connection.execute(
            text(
                "INSERT INTO cases (number, run_id, status, target_id, target_title, core, "
                "fidelity, kernel_set, variant, model, started, finished, tool_versions, warmup, "
                "repeats) VALUES (1, 'r1', 'ok', 't', 'T', 'c', 'simulated', 'k', 'O2', 'm', "
                "'2024-05-17T08:30:00+00:00', '2024-05-17T08:30:00+00:00', '{}', 1, 1)"
            )
        )
        if version >= 5:  # from then on a case has an id of its own
            connection.execute(text("UPDATE cases SET id = 'r1-1'"))
    store = open_store(database)
    (stored,) = store.records(CaseFilter(runs=("r1",)))
    assert (stored.id, stored.record.model) == ("r1-1", "m")
    assert replace(stored.record, model="n").raw == ()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version FROM harness_schema")) == SCHEMA_VERSION
