"""Ctrl-C is 130 in every phase, says so, and leaves no traceback."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import CommandLine

from harness.domain.record import CaseStatus
from harness.results import open_store

COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]


def once_read(pipe: Path, process: subprocess.Popen[str]) -> int:
    """Wait until somebody has opened `pipe` to read it; return its other end."""
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError):
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        assert process.poll() is None
        assert time.monotonic() < deadline


def test_while_definitions_are_read(folder: Path, tmp_path: Path) -> None:
    """The definition is a pipe: when somebody reads it, the program is where we want it."""
    targets = tmp_path / "tree" / "targets"
    targets.mkdir(parents=True)
    os.mkfifo(targets / "slow.toml")
    with subprocess.Popen(
        [*COMMAND, "run", "-t", "slow"],
        env=os.environ | {"HARNESS_PATH": str(tmp_path / "tree")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            pipe = once_read(targets / "slow.toml", process)
            process.send_signal(signal.SIGINT)
            # A signal between two system calls waits for the next one to end: end it.
            os.close(pipe)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert (out, err) == ("", "interrupted\n")


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_while_firmware_is_built(
    harness: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """The compiler is a program that presses Ctrl-C."""
    programs = folder / "bin"
    programs.mkdir()
    compiler = programs / "arm-none-eabi-gcc"
    compiler.write_text(f"#!/bin/sh\nkill -INT {os.getpid()}\nexec sleep 60\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    ended = harness("run", "-t", "mps2-an500", "-m", "lenet-digits", "--limit", 2, *words)
    assert ended.code == 130
    assert ended.err.endswith("interrupted\n")
    assert "Traceback" not in ended.err
    assert "KeyboardInterrupt" not in ended.err + ("" if words else ended.out)
    *_, where, _ = ended.err.splitlines()
    assert where.startswith("kept as run ")
    assert where.endswith(": 0 of 2 cases ended well; the same command with --resume goes on")
    store = open_store(folder / "results" / "harness.db")
    (run,) = store.runs()
    (record,) = store.cases(run.id)
    assert (record.status, record.error_class) == (CaseStatus.FAILED, "KeyboardInterrupt")
    assert record.readings == ()
    compared = harness("compare")
    assert compared.code == 2
    assert "nothing to compare: every case failed\n  lenet-digits · mps2-an500 · " in compared.err
