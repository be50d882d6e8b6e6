"""Cases leave through files of every format, and come in once however often they come."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
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

from harness.domain.selection import CaseFilter, TakenIn
from harness.errors import ConfigError, CorruptRecord, HarnessError, StoreError
from harness.results import Store, open_store
from harness.results.exchange import export_cases, import_cases

RECORDS = (
    case_record(
        raw=(("answers", "12" * 32),),
        operator_kernels=KERNELS,
        board_serial="066BFF",
        caches="on",
        protocol_version=2,
    ),
    case_record(readings=readings(NO_LABELS), image_crc32=2**32 - 1, macs=2**50),
    case_record(model="Zürich \U0001f9e0 'quoted', \"twice\"; --", tool_versions=()),
    failed_record(error_message="first\nsecond\r\n  -> third,\tand ''"),
    bare_failed_record(),
)
FORMATS = ("csv", "jsonl", "parquet")


@pytest.fixture
def source(tmp_path: Path) -> Store:
    store = open_store(tmp_path / "source.db")
    runs = (run_info(), run_info(id="second", git_commit=None, git_dirty=None))
    for run in runs:
        store.begin(run)
        for record in RECORDS:
            store.add(run.id, record)
    return store


@pytest.fixture(params=FORMATS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"cases.{request.param}"


def test_all_comes_back_and_twice_is_once(source: Store, file: Path, database: str) -> None:
    assert export_cases(source, file, CaseFilter()) == 10
    store = open_store(database)
    assert import_cases(store, file) == TakenIn(runs=2, cases=10, known=0)
    assert list(store.records()) == list(source.records())
    assert store.runs() == source.runs()
    assert import_cases(store, file) == TakenIn(runs=0, cases=0, known=10)
    assert list(store.records()) == list(source.records())
    assert import_cases(source, file) == TakenIn(runs=0, cases=0, known=10)


def test_a_run_that_went_on_is_completed(source: Store, file: Path, tmp_path: Path) -> None:
    export_cases(source, file, CaseFilter(runs=("second",)))
    store = open_store(tmp_path / "other.db")
    assert import_cases(store, file) == TakenIn(1, 5, 0)
    source.add("second", case_record(model="later"))
    export_cases(source, file, CaseFilter(runs=("second",)))
    assert import_cases(store, file) == TakenIn(0, 1, 5)


def test_another_run_of_the_same_id_is_refused(source: Store, file: Path, tmp_path: Path) -> None:
    export_cases(source, file, CaseFilter())
    store = open_store(tmp_path / "other.db")
    store.begin(replace(run_info(), host="elsewhere"))
    with pytest.raises(StoreError, match="another run has the id 0123456789abcdef") as caught:
        import_cases(store, file)
    assert caught.value.hint == "Import the file into a database of its own (--results-db)."
    assert store.count() == 0


def test_a_csv_has_a_column_for_each_quantity(source: Store, tmp_path: Path) -> None:
    export_cases(source, tmp_path / "a.csv", CaseFilter(runs=("second",)))
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["instructions"] for row in rows] == ["7628160.0"] * 3 + ["", ""]
    assert [row["accuracy"] for row in rows] == ["0.901", "", "0.901", "", ""]
    assert json.loads(rows[1]["readings"])[1] == {"quantity": "accuracy", "reason": "no labels"}


def test_parquet_keeps_types(source: Store, tmp_path: Path) -> None:
    from pyarrow import parquet

    export_cases(source, tmp_path / "a.parquet", CaseFilter())
    table = parquet.read_table(tmp_path / "a.parquet").to_pandas()
    assert table["macs"].max() == 2**50
    assert table["instructions"].max() == 7_628_160.0


def test_nothing_to_export_is_a_file_of_no_cases(source: Store, file: Path) -> None:
    assert export_cases(source, file, CaseFilter(runs=())) == 0
    assert import_cases(source, file) == TakenIn()


LATER = {"board_serial", "caches", "protocol_version"}


def test_a_file_of_an_older_harness_lacks_what_came_later(source: Store, tmp_path: Path) -> None:
    for suffix in ("csv", "jsonl"):
        new, old = tmp_path / f"new.{suffix}", tmp_path / f"old.{suffix}"
        count = export_cases(source, new, CaseFilter())
        with old.open("w", encoding="utf-8", newline="") as file:
            if suffix == "jsonl":
                for line in new.read_text(encoding="utf-8").splitlines():
                    row = json.loads(line)
                    file.write(json.dumps({k: row[k] for k in row if k not in LATER}) + "\n")
            else:
                with new.open(encoding="utf-8", newline="") as made:
                    reader = csv.DictReader(made)
                    names = [name for name in reader.fieldnames or () if name not in LATER]
                    writer = csv.DictWriter(file, names, extrasaction="ignore")
                    writer.writeheader()
                    writer.writerows(reader)
        store = open_store(tmp_path / f"{suffix}.db")
        assert import_cases(store, old).cases == count
        assert {stored.record.board_serial for stored in store.records()} == {None}


@pytest.mark.parametrize("suffix", ["txt", "", "CSVX"])
def test_other_suffixes_are_refused(source: Store, tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ConfigError, match="a file of results cannot be") as caught:
        export_cases(source, tmp_path / f"a.{suffix}", CaseFilter())
    assert caught.value.hint == "Choose among .csv, .jsonl, .parquet."


def test_a_file_that_is_not_there(source: Store, file: Path) -> None:
    with pytest.raises(StoreError, match="there is no such file") as caught:
        import_cases(source, file)
    assert caught.value.hint == "Name a file that `harness results export` wrote."


def test_a_folder_that_is_not_there(source: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        export_cases(source, tmp_path / "none" / "a.csv", CaseFilter())


@pytest.mark.parametrize(
    "content", [b"\x00\xff\xfe garbage\n", b"[1]\n", b'{"run_id": 1}\n', b"x\n1\n"]
)
def test_files_of_something_else(source: Store, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(HarnessError) as caught:
        import_cases(source, file)
    assert isinstance(caught.value, CorruptRecord)
    assert caught.value.hint == "Give a file that `harness results export` wrote."


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"fidelity":"simulated"', '"fidelity":"bogus"', "column `fidelity` holds 'bogus'"),
        ('"warmup":1', '"warmup":"one"', "column `warmup` holds 'one'"),
        ('"n":1000', '"m":1000', "the row is no case of the harness"),
        ('"run_host"', '"host"', "the row is no case of the harness"),
        ('"raw":{', '"raw":{"x":5,', "the row is no case of the harness"),
    ],
)
def test_a_changed_line_is_told_with_its_number(
    source: Store, tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "a.jsonl"
    export_cases(source, path, CaseFilter(runs=("second",)))
    first, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in first
    path.write_text("".join([first.replace(old, new, 1), *rest]), encoding="utf-8")
    store = open_store(tmp_path / "other.db")
    with pytest.raises(CorruptRecord, match=said) as caught:
        import_cases(store, path)
    assert caught.value.where.startswith(f"{path}, line 1")
    assert store.count() == 0
