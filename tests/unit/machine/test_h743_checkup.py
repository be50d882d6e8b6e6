"""What the virtual STM32H743 needs of a computer, as `harness doctor` tells it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.catalog import target
from harness.domain.checkup import Answer, State
from harness.machine import checkup

TARGETS = [target("openmv-h7-virtual")]


def ask(command: Sequence[str | Path]) -> Answer:
    assert command[1:] == ["--version"]
    return Answer(0, "cc (Debian 12.2.0-14) 12.2.0\nCopyright\n")


def test_engine_and_compiler_are_told_with_their_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gcc").write_text("#!/bin/sh\n")
    (tmp_path / "gcc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    engine, compiler = checkup(TARGETS, ask)
    assert (engine.name, engine.state) == ("unicorn", State.OK)
    assert engine.version.startswith("2.")
    assert (compiler.state, compiler.version) == (State.OK, "12.2.0")
    assert compiler.note == str(tmp_path / "gcc")


def test_without_a_compiler_only_counts_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    _, compiler = checkup(TARGETS, ask)
    assert (compiler.state, compiler.exit_code) == (State.OPTIONAL, 0)
    assert compiler.note == "counts are missing without it, for it makes the instruction counter"
    assert compiler.mend == "sudo apt-get install gcc libc6-dev"
