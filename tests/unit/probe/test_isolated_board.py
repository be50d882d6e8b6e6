"""A probe in a process of its own: a hang or a crash of its driver is an error, in bounded time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from devices.desk_probe import (
    BREAKS,
    CHATTERS,
    CRASHES,
    HANGS,
    HANGS_FOR_EVER,
    UID,
    install,
)

from harness.errors import FlashFailed, ProbeNotFound, UnknownName, VerifyFailed
from harness.probe import messages
from harness.probe.programmer import Board, IsolatedBoard, open_board

RAM = 0x2000_0000
SILENCE_S = 1.5
BOUND_S = 30.0

Opened = AbstractContextManager[Board | IsolatedBoard]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the scripted core writes what it was asked."""
    install(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "log"


@pytest.fixture
def open_desk(log: Path) -> Callable[..., Opened]:
    def opened(**options: object) -> Opened:
        return open_board(f"{UID}{log}", "cortex_m", **options)  # type: ignore[arg-type]

    return opened


@pytest.fixture(autouse=True)
def _in_bounded_time() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < BOUND_S


def calls(log: Path) -> list[str]:
    return log.read_text().splitlines()


def holder(log: Path) -> int:
    """The process that has the probe."""
    return int(calls(log)[0].removeprefix("held by "))


def require_gone(log: Path) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(holder(log), 0)


def test_a_board_behind_a_probe_is_used_as_one_here(
    open_desk: Callable[..., Opened], log: Path
) -> None:
    image = os.urandom(20_000)
    phases: dict[str, float] = {}
    with open_desk(on_progress=phases.__setitem__) as board:
        assert isinstance(board, IsolatedBoard)
        board.write(RAM + 1, image)
        board.verify(RAM + 1, image)
        assert board.read(RAM + 1, len(image)) == image
        with pytest.raises(VerifyFailed, match="0x20000001 holds") as caught:
            board.verify(RAM + 1, bytes([image[0] ^ 1]))
        board.reset_and_run()
        board.halt()
        board.resume()
        board.halt()
    assert caught.value.where == f"probe {UID}{log}"
    assert phases == {"write": 1.0, "verify": 1.0, "read": 1.0}
    assert calls(log)[-2:] == ["resume", "close"]


def test_errors_of_opening_come_through(log: Path) -> None:
    with pytest.raises(UnknownName, match="pyOCD has no target type 'cortexm'"):
        open_board(f"{UID}{log}", "cortexm").__enter__()


@pytest.mark.parametrize("uid", ["", "  ", "0123456789"])
def test_an_empty_id_is_not_the_only_probe_there(uid: str) -> None:
    with pytest.raises(ProbeNotFound, match="there is no debug probe with this id"):
        open_board(uid, "cortex_m", isolated=False).__enter__()


def test_a_driver_that_hangs_while_it_looks_for_the_probe(log: Path) -> None:
    with pytest.raises(ProbeNotFound) as caught:
        open_board(f"{UID}hang", "cortex_m", silence_s=SILENCE_S).__enter__()
    assert caught.value.what == (
        "no sign of life from the debug probe for 1.5 s while connecting; "
        "the process that held it was ended"
    )
    assert caught.value.where == "probe desk:hang"
    assert caught.value.hint == "Unplug the probe, plug it in again, and run again."


def test_a_driver_that_hangs_while_it_writes_is_ended_and_nothing_waits_for_it_again(
    open_desk: Callable[..., Opened], log: Path
) -> None:
    def use() -> None:
        with open_desk(silence_s=SILENCE_S) as board:
            with pytest.raises(FlashFailed) as caught:
                board.write(HANGS_FOR_EVER, b"1234")
            assert caught.value.what == (
                "no sign of life from the debug probe for 1.5 s while writing 4 bytes at "
                "0x20020000; the process that held it was ended"
            )
            assert caught.value.where == f"probe {UID}{log}"
            require_gone(log)
            board.read(RAM, 4)

    with pytest.raises(FlashFailed, match="ended while reading 4 bytes at 0x20000000"):
        use()


def test_a_process_that_does_not_even_read_any_more(
    open_desk: Callable[..., Opened], log: Path
) -> None:
    def use() -> None:
        with open_desk(silence_s=SILENCE_S) as board:
            os.kill(holder(log), signal.SIGSTOP)
            board.write(RAM, bytes(1_000_000))  # more than a pipe holds

    with pytest.raises(FlashFailed, match="while writing 1,000,000 bytes at 0x20000000"):
        use()
    require_gone(log)


def test_a_harness_that_is_killed_leaves_the_core_halted_and_no_process(log: Path) -> None:
    harness = (
        "import os, signal\n"
        "from harness.probe.programmer import open_board\n"
        f"with open_board({UID + str(log)!r}, 'cortex_m') as board:\n"
        "    board.reset_and_run()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = os.pathsep.join(sys.path)
    subprocess.run(
        [sys.executable, "-c", harness], env={**os.environ, "PYTHONPATH": path}, timeout=BOUND_S
    )
    deadline = time.monotonic() + BOUND_S
    while calls(log)[-2:] != ["halt", "close"]:
        assert time.monotonic() < deadline


def test_a_driver_that_crashes_is_told_with_its_signal(open_desk: Callable[..., Opened]) -> None:
    def use() -> None:
        with open_desk() as board:
            board.write(CRASHES, b"1234")

    with pytest.raises(FlashFailed) as caught:
        use()
    assert caught.value.what == (
        "the process that held the probe ended while writing 4 bytes at 0x20030000, "
        "by signal 11 (SIGSEGV)"
    )
    assert "pyocd commander" in caught.value.hint


def test_a_driver_that_raises_what_nobody_expects_is_told_with_it(
    open_desk: Callable[..., Opened],
) -> None:
    def use() -> None:
        with open_desk() as board:
            board.write(BREAKS, b"1234")

    with pytest.raises(FlashFailed, match="exit status 1: RuntimeError: a fault of the driver"):
        use()


def test_what_a_driver_prints_is_not_taken_for_an_answer(
    open_desk: Callable[..., Opened], capfd: pytest.CaptureFixture[str]
) -> None:
    with open_desk() as board:
        board.write(CHATTERS, b"1234")
        assert board.read(CHATTERS, 4) == b"1234"
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_within_a_write_leaves_the_core_halted(
    open_desk: Callable[..., Opened], log: Path
) -> None:
    def impatient(phase: str, fraction: float) -> None:
        deadline = time.monotonic() + BOUND_S
        while "hangs" not in calls(log):
            assert time.monotonic() < deadline
        raise KeyboardInterrupt

    def use() -> None:
        with open_desk(on_progress=impatient) as board:
            board.write(HANGS - 4096, bytes(8192))

    with pytest.raises(KeyboardInterrupt):
        use()
    require_gone(log)
    assert calls(log)[-2:] == ["halt", "close"]


def test_an_error_leaves_the_core_halted(open_desk: Callable[..., Opened], log: Path) -> None:
    def use() -> None:
        with open_desk() as board:
            board.reset_and_run()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()
    assert calls(log)[-2:] == ["halt", "close"]


def test_a_message_that_is_cut_is_the_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    with path.open("wb") as pipe:
        messages.write_message(pipe, messages.Call("halt", ()))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with path.open("rb") as pipe, pytest.raises(EOFError):
            messages.read_message(pipe)
    path.write_bytes(whole)
    with path.open("rb") as pipe:
        assert messages.read_message(pipe) == messages.Call("halt", ())
