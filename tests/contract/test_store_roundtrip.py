"""What goes into a store comes out of it, whatever way the store is named."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from builders.records import (
    KERNELS,
    NO_LABELS,
    bare_failed_record,
    case_record,
    failed_record,
    readings,
    run_info,
)

from harness.domain.record import CaseRecord, RunInfo
from harness.errors import StoreError
from harness.results import Store, open_store
from harness.results.schema import CaseRow, RunRow


@pytest.fixture(params=["path", "path as text", "url", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    path = tmp_path / "new folder" / "results.db"
    if request.param == "path":
        return path
    if request.param == "path as text":
        return str(path)
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres").new_database())
    return f"sqlite:///{tmp_path / 'results.db'}"


@pytest.fixture
def store(location: Path | str) -> Store:
    return open_store(location)


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.runs() == []
    assert store.last_run() is None


@pytest.mark.parametrize(
    "record",
    [
        case_record(),
        case_record(readings=readings(NO_LABELS), library_name=None, tool_versions=()),
        case_record(image_crc32=2**32 - 1, macs=2**50, counter_resolution=31.25),
        case_record(model="Zürich \U0001f9e0 'quoted'; --"),
        case_record(operator_kernels=KERNELS),
        case_record(raw=(("answers", "12" * 32), ("profile", "34" * 32))),
        case_record(board_serial="066BFF", caches="off", protocol_version=2),
        failed_record(),
        bare_failed_record(),
    ],
    ids=["full", "missing", "large", "odd name", "kernels", "raw", "board", "failed", "bare"],
)
def test_a_case_comes_back_as_it_was(
    store: Store, location: Path | str, record: CaseRecord
) -> None:
    run_id = store.begin(run_info())
    store.add(run_id, record)
    assert open_store(location).cases(run_id) == [record]


@pytest.mark.parametrize(
    "run", [run_info(), run_info(git_commit=None, git_dirty=None), run_info(git_dirty=True)]
)
def test_a_run_comes_back_as_it_was(store: Store, run: RunInfo) -> None:
    assert store.begin(run) == run.id
    assert store.runs() == [run]
    assert type(store.runs()[0].git_dirty) is type(run.git_dirty)
    assert store.last_run() == run
    assert store.cases(run.id) == []


def test_times_of_other_zones_are_the_same_moments(store: Store) -> None:
    local = run_info().started.astimezone(timezone(timedelta(hours=5, minutes=30)))
    store.begin(run_info(started=local))
    assert store.runs()[0].started == local
    assert store.runs()[0].started.utcoffset() == timedelta(0)


def test_cases_keep_their_order_and_belong_to_their_run(store: Store) -> None:
    first = store.begin(run_info(id="first"))
    second = store.begin(run_info(id="second"))
    names = [f"model {number}" for number in range(12)]
    for number, name in enumerate(names):
        store.add(second if number % 3 == 0 else first, case_record(model=name))
    assert [record.model for record in store.cases(second)] == names[::3]
    assert [record.model for record in store.cases(first)] == [
        name for number, name in enumerate(names) if number % 3
    ]
    assert [run.id for run in store.runs()] == ["first", "second"]
    last = store.last_run()
    assert last is not None
    assert last.id == "second"


def test_a_case_needs_a_run(store: Store) -> None:
    with pytest.raises(StoreError, match="do not fit what is stored") as caught:
        store.add("nobody", case_record())
    assert caught.value.hint == "Begin a run before its cases are added, and every run once."


def test_a_run_begins_once(store: Store) -> None:
    store.begin(run_info())
    with pytest.raises(StoreError, match="do not fit what is stored"):
        store.begin(replace(run_info(), host="elsewhere"))
    assert [run.host for run in store.runs()] == ["desk"]


def test_an_unknown_run_is_an_error_and_not_an_empty_list(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no run 'nobody'") as caught:
        store.cases("nobody")
    assert "column `id` of the table `runs`" in caught.value.hint


def test_every_field_has_a_column_and_every_column_a_field() -> None:
    def columns(row: type) -> set[str]:
        return {attribute.key for attribute in row.__mapper__.attrs}  # type: ignore[attr-defined]

    assert columns(CaseRow) - {"number", "id", "run_id"} == {
        field.name for field in fields(CaseRecord)
    }
    assert columns(RunRow) - {"number"} == {field.name for field in fields(RunInfo)}


def test_two_stores_write_to_one_file_in_turn(location: Path | str, store: Store) -> None:
    other = open_store(location)
    run_id = store.begin(run_info())
    for number in range(5):
        (store if number % 2 else other).add(run_id, case_record(repeats=number + 1))
    assert [record.repeats for record in store.cases(run_id)] == [1, 2, 3, 4, 5]
