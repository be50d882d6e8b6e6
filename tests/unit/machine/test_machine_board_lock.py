"""The lock of a board: other processes are refused with a name, and a dead holder holds nothing."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import RigError
from harness.machine._board_lock import Owner, lock_file, lock_folder, locked, owner_of

UID = "0670FF575051717867013127"
HOLD = f"""
import sys
from harness.machine._board_lock import locked
sys.argv = ["/usr/bin/pytest", "--results", "postgresql://me:secret@host/db"]
with locked({UID!r}) as owner:
    print("held" if owner is None else owner, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for locks that is this test's own."""
    monkeypatch.setenv("HARNESS_LOCKS", str(tmp_path))
    return tmp_path


@contextmanager
def process() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that locks the board, and what it said of that."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout
            yield holder, holder.stdout.readline().strip()
        finally:
            holder.kill()


def test_a_second_process_is_told_who_has_the_board() -> None:
    with process() as (holder, said):
        assert said == "held"
        with locked(UID) as owner:
            assert owner is not None
            assert owner.pid == holder.pid
            assert owner.command == "pytest --results postgresql://me:***@host/db"
            assert owner.since.endswith(" UTC")
            assert f"(process {holder.pid} on " in str(owner)
        with process() as (_, second):
            assert f"process {holder.pid} " in second


def test_a_process_that_is_killed_holds_nothing() -> None:
    with process() as (holder, said):
        assert said == "held"
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        assert lock_file(UID).read_text(), "it could not tidy up"
        assert owner_of(UID) is None
        with locked(UID) as owner:
            assert owner is None


def test_the_same_process_is_refused_too_until_it_lets_go() -> None:
    with locked(UID) as first, locked(UID) as second:
        assert first is None
        assert second is not None
        assert second.pid == os.getpid()
    with locked(UID) as again:
        assert again is None
    assert owner_of(UID) is None


def test_who_only_looked_leaves_the_lock_and_its_record_alone() -> None:
    with locked(UID):
        before = lock_file(UID).read_text()
        with locked(UID):
            pass
        assert owner_of(UID) is not None
        assert lock_file(UID).read_text() == before
    assert lock_file(UID).read_text() == ""


def test_a_child_does_not_keep_what_its_parent_let_go() -> None:
    with locked(UID):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, close_fds=False)
    try:
        assert child.poll() is None
        assert owner_of(UID) is None
    finally:
        child.kill()
        child.communicate()


def test_who_only_looks_keeps_nobody_out() -> None:
    """`owner_of` has a shared lock for a moment, while there is no record."""
    with locked(UID):
        pass
    with lock_file(UID).open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        with locked(UID, sleep=lambda seconds: fcntl.flock(looking, fcntl.LOCK_UN)) as owner:
            assert owner is None
        fcntl.flock(looking, fcntl.LOCK_SH)
        slept: list[float] = []
        with locked(UID, sleep=slept.append) as owner:
            assert owner == Owner()
        assert sum(slept) <= 0.1


def test_one_probe_is_one_lock_however_it_is_written() -> None:
    with locked(UID), locked(UID.lower()) as owner:
        assert owner is not None
    assert lock_file("gdb:127.0.0.1:1") != lock_file("gdb:127.0.0.1-1")


def test_everybody_may_lock_whatever_the_first_user_s_umask() -> None:
    before = os.umask(0o077)
    try:
        with locked(UID):
            assert stat.S_IMODE(lock_file(UID).stat().st_mode) == 0o666
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    "record",
    ["", "{", "[]", "null", '{"user": 1}', "\0" * 9, '{"user": "a", "pid": "many"}', "[" * 4000],
)
def test_a_record_that_cannot_be_read_is_somebody_s(record: str) -> None:
    with locked(UID):
        lock_file(UID).write_text(record)
        assert str(owner_of(UID)) == "somebody (a process)"


def test_a_record_of_a_stranger_cannot_draw_on_the_terminal() -> None:
    with locked(UID):
        told = {"user": "eve\x1b[2J", "pid": 7, "command": "x" * 999, "since": "", "host": "\n"}
        lock_file(UID).write_text(json.dumps(told))
        assert owner_of(UID) == Owner("eve[2J", 7, "x" * 200, "", "")


def test_a_link_is_not_followed(folder: Path) -> None:
    lock_file(UID).symlink_to(folder / "precious")
    with pytest.raises(RigError, match="the board's lock cannot be opened") as refusal:
        locked(UID).__enter__()
    assert refusal.value.where == str(lock_file(UID))
    assert "HARNESS_LOCKS" in refusal.value.hint
    assert not (folder / "precious").exists()


def test_a_folder_that_is_not_there(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("HARNESS_LOCKS", str(folder / "none"))
    with pytest.raises(RigError, match=r"cannot be opened \(No such file or directory\)"):
        locked(UID).__enter__()


def test_the_folder_is_one_that_all_users_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_LOCKS")
    assert lock_folder().stat().st_mode & stat.S_IWOTH
