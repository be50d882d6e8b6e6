"""Everything that can go wrong with a results file says what, where and what to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from builders.records import case_record, run_info
from sqlalchemy import event

from harness.errors import CorruptRecord, SchemaTooNew, StoreError
from harness.results import open_store

TESTS = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A results file with one run of one case."""
    path = tmp_path / "results.db"
    store = open_store(path)
    store.add(store.begin(run_info()), case_record())
    return path


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement).rowcount != 0
    connection.close()


def test_a_garbage_file_is_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    path.write_bytes(b"these are not the results you are looking for\n" * 200)
    with pytest.raises(StoreError, match="cannot be opened: it is not a database") as caught:
        open_store(path)
    assert caught.value.where == str(path)
    assert caught.value.hint == "Name another file for the results, or move this one away."


def test_a_damaged_file_says_so(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 200] = b"\xa5" * 200
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"cannot be (opened|read): the file is damaged") as caught:
        open_store(file).cases(run_info().id)
    assert "Restore it from a copy" in caught.value.hint


def test_a_folder_that_is_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        open_store(tmp_path / "results" / "harness.db")
    assert "folder that can be written" in caught.value.hint


def test_a_folder_is_no_results_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the file cannot be opened") as caught:
        open_store(tmp_path)
    assert "the name is a file's" in caught.value.hint


def test_a_read_only_database_can_be_read_but_not_written(file: Path) -> None:
    """Opened read-only by URL: permissions do not stop root, who may run the tests."""
    store = open_store(f"sqlite:///file:{file}?mode=ro&uri=true")
    assert len(store.cases(run_info().id)) == 1
    with pytest.raises(StoreError, match="cannot be written: it is read-only") as caught:
        store.add(run_info().id, case_record())
    assert caught.value.hint == "Make the file and its folder writable."


def test_a_locked_database_is_waited_for_until_the_deadline(file: Path) -> None:
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="another process keeps it locked") as caught:
        open_store(file, deadline_s=0.05)
    assert "Wait for the other run to end" in caught.value.hint
    holder.execute("COMMIT")
    holder.close()
    assert len(open_store(file, deadline_s=0.05).runs()) == 1


def test_a_reader_is_waited_for_before_the_file_changes_its_journal(file: Path) -> None:
    """SQLite itself refuses that at once: another process that opens the same new file meets it."""
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN")
    holder.execute("SELECT count(*) FROM runs").fetchall()
    with pytest.raises(StoreError, match="another process keeps it locked"):
        open_store(file, deadline_s=0.05)
    leaving = threading.Timer(0.1, holder.execute, ["COMMIT"])
    leaving.start()
    assert len(open_store(file, deadline_s=30).runs()) == 1
    leaving.join()
    holder.close()
    with sqlite3.connect(file) as anew:
        assert anew.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_lock_that_comes_later_is_told_when_a_case_is_added(file: Path) -> None:
    store = open_store(file, deadline_s=0.05)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="cannot be written: another process keeps it locked"):
        store.add(run_info().id, case_record())
    assert len(store.cases(run_info().id)) == 1  # readers are not locked out
    holder.execute("ROLLBACK")
    holder.close()
    store.add(run_info().id, case_record())
    assert len(store.cases(run_info().id)) == 2


@pytest.fixture
def small_disk() -> Iterator[None]:
    """SQLite's own limit on a file's pages: to SQLite it is a full disk."""

    def limit(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA max_page_count = 20")

    event.listen(sqlalchemy.Engine, "connect", limit)
    yield
    event.remove(sqlalchemy.Engine, "connect", limit)


def test_a_full_disk_loses_one_case_and_keeps_the_others(file: Path, small_disk: None) -> None:
    store = open_store(file)
    added = [0]

    def fill() -> None:
        for number in range(200):
            store.add(run_info().id, case_record())
            added[0] = number + 1

    with pytest.raises(StoreError, match="cannot be written: the disk is full") as caught:
        fill()
    assert caught.value.hint == "Free some space, or name a file on another disk."
    assert 0 < added[0] < 199
    assert len(store.cases(run_info().id)) == 1 + added[0]


def run_in_process(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={"PYTHONPATH": str(TESTS), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_file_that_may_not_grow_is_told_with_the_files_name(file: Path) -> None:
    """A limit of the operating system, as a quota: the write itself fails."""
    done = run_in_process(
        """
import resource, sys
from builders.records import case_record, run_info
from harness.errors import StoreError
from harness.results import open_store
store = open_store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    for _ in range(100):
        store.add(run_info().id, case_record())
except StoreError as error:
    print(error)
""",
        file,
    )
    assert "the results cannot be written: the file system refused" in done.stdout, done
    assert str(file) in done.stdout
    assert "-> Check free space, quota and file size limit" in done.stdout


def test_a_process_killed_in_mid_transaction_leaves_no_half_case(file: Path) -> None:
    done = run_in_process(
        """
import os, signal, sys
from builders.records import case_record, run_info
from sqlalchemy import event
from sqlalchemy.orm import Session
from harness.results import open_store
store = open_store(sys.argv[1])
store.add(run_info().id, case_record(model="whole"))
event.listen(Session, "after_flush", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
store.add(run_info().id, case_record(model="half"))
""",
        file,
    )
    assert done.returncode == -9, done.stderr
    store = open_store(file, deadline_s=1)
    assert [record.model for record in store.cases(run_info().id)] == ["kws", "whole"]
    store.add(run_info().id, case_record(model="next"))
    connection = sqlite3.connect(file)
    orphans = "SELECT count(*) FROM readings WHERE case_number NOT IN (SELECT number FROM cases)"
    assert connection.execute(orphans).fetchone() == (0,)
    connection.close()


def test_results_of_a_newer_harness_are_not_touched(file: Path) -> None:
    change(file, "UPDATE harness_schema SET version = 7")
    with pytest.raises(SchemaTooNew) as caught:
        open_store(file)
    assert str(caught.value) == (
        f"{file}: the results have schema version 7, this harness knows 6\n"
        "  -> Upgrade the harness, or name another file for the results."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        "[{}]",
        '[{"index":0,"operator":"ADD","source":"","calls":[],"path":null}, 1]',
        '[{"index":1,"operator":"ADD","source":"","calls":[],"path":null,"fallback":false}]',
        '[{"index":0,"operator":"ADD","source":"","calls":[],"path":"fpu","fallback":false}]',
        '[{"index":0,"operator":"ADD","source":"","calls":[2],"path":null,"fallback":false}]',
        '[{"index":0,"operator":"ADD","source":"","calls":[],"path":null,"fallback":0}]',
        '[{"index":0,"operator":"ADD","source":"","calls":[],"path":null,"fallen":true}]',
        '[{"index":"0","operator":"ADD","source":"","calls":[],"path":null,"fallback":true}]',
    ],
)
def test_kernels_that_are_none_are_told(file: Path, text: str) -> None:
    change(file, f"UPDATE cases SET operator_kernels = '{text}'")
    store = open_store(file)
    run = store.last_run()
    assert run is not None
    with pytest.raises(CorruptRecord, match="column `operator_kernels` holds") as caught:
        store.cases(run.id)
    assert caught.value.hint == "Delete this row, or restore the file from a copy."


@pytest.mark.parametrize("statement", ["UPDATE harness_schema SET version = 0", "DELETE FROM "
                                       "harness_schema"])  # fmt: skip
def test_a_version_that_never_was_is_refused(file: Path, statement: str) -> None:
    change(file, statement)
    with pytest.raises(StoreError, match=r"schema version (0|None), this harness needs 6"):
        open_store(file)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "music.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE albums (title TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="holds albums and no results of the harness"):
        open_store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE cases SET fidelity = 'bogus'", r"column `fidelity` holds 'bogus'"),
        ("UPDATE cases SET status = 'maybe'", r"column `status` holds 'maybe'"),
        ("UPDATE cases SET started = 'noon'", r"column `started` holds 'noon'"),
        ("UPDATE cases SET macs = 'many'", r"column `macs` holds 'many'"),
        ("UPDATE cases SET macs = 1.5", r"column `macs` holds 1.5"),
        ("UPDATE cases SET compiler = x'00ff'", r"column `compiler` holds b'"),
        ("UPDATE cases SET tool_versions = '{\"qemu\": '", r"column `tool_versions` holds"),
        ("UPDATE cases SET tool_versions = '[]'", r"column `tool_versions` holds '\[\]'"),
        ("UPDATE cases SET status = 'failed'", r"contradicts itself: a failed case names its"),
        ("UPDATE cases SET started = '2024-05-17T08:30:00'", r"`started` needs a time zone"),
        ("UPDATE readings SET unit = 'bananas' WHERE position = 0", r"column `unit` holds 'ban"),
        ("UPDATE readings SET value = NULL WHERE position = 1", r"column `value` holds None"),
        ("UPDATE readings SET n = 'all'", r"column `n` holds 'all'"),
    ],
)
def test_a_row_that_does_not_decode_names_row_and_column(
    file: Path, statement: str, said: str
) -> None:
    change(file, statement)
    with pytest.raises(CorruptRecord, match=said) as caught:
        open_store(file).cases(run_info().id)
    assert f"{file}, case 1" in caught.value.where
    assert caught.value.hint == "Delete this row, or restore the file from a copy."


def test_a_run_that_does_not_decode_is_named_too(file: Path) -> None:
    change(file, "UPDATE runs SET git_dirty = 'very'")
    with pytest.raises(CorruptRecord, match="column `git_dirty` holds 'very'") as caught:
        open_store(file).runs()
    assert caught.value.where == f"{file}, run 1"


@pytest.mark.parametrize("url", ["postgresql+nothing://host/db", "nonsense://x", "mysql://u@h/d"])
def test_a_database_that_is_not_installed_says_so(url: str) -> None:
    with pytest.raises(StoreError, match="the results cannot be opened") as caught:
        open_store(url)
    assert caught.value.hint


def test_a_password_is_not_shown() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("sqlite://user:secret@host/file.db")
    assert "secret" not in str(caught.value)
