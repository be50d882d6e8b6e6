"""A kernel set and a target that follow the READMEs to the letter, in a tree of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import assembly
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus
from harness.results import open_store

ROOT = Path(__file__).parents[2]
TOOLS = ("arm-none-eabi-gcc", "cmake", "ninja", "qemu-system-arm", "sh")
TEN_MINUTES_S = 600
LONGEST_TARGET_LINES = 40  # what a board of a known family may take
FILE = re.compile(r"(?ms)^`~/([\w./-]+)`[^\n]*:\n\n```(?:c|toml)\n(.*?)^```")
SHELL = re.compile(r"(?ms)^```sh\n(.*?)^```")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"
)


def section(readme: str, title: str) -> str:
    """The text of one section of a README."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    (found,) = re.findall(rf"(?ms)^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text)
    return str(found)


def files_of(text: str) -> dict[str, str]:
    """The files that a section says to write, by their path below the home folder."""
    return dict(FILE.findall(text))


class Stranger:
    """Somebody with a home folder, the `harness` command and the two READMEs; nothing else."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.said = ""
        programs = home / "bin"
        programs.mkdir(parents=True)
        command = programs / "harness"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness.cli "$@"\n')
        command.chmod(0o755)
        self._environment = os.environ | {
            "HOME": str(home),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "HARNESS_CACHE": str(assembly.cache_dir()),
            "HARNESS_RESULTS": str(home / "results.db"),
            "PYTHONPATH": str(ROOT),
        }

    def follow(self, text: str) -> None:
        """Write the files of a section, and run its commands as they stand."""
        for name, content in files_of(text).items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        (commands,) = SHELL.findall(text)
        done = subprocess.run(
            ["sh", "-e", "-c", commands],
            cwd=self.home,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=TEN_MINUTES_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.said += done.stdout

    def cases(self) -> Iterator[CaseRecord]:
        """What the results hold."""
        store = open_store(self.home / "results.db")
        for run in store.runs():
            yield from store.cases(run.id)


def instructions(record: CaseRecord) -> float:
    reading = record.reading("instructions")
    assert isinstance(reading, Measurement)
    return reading.value


def test_a_stranger_adds_a_kernel_set(tmp_path: Path) -> None:
    text = section("firmware/README.md", "Add a kernel set")
    assert [Path(name).name for name in files_of(text)] == ["kernels.toml", "fully_connected.c"]
    stranger = Stranger(tmp_path / "home")
    stranger.follow(text)
    assert "two-rows" in stranger.said
    reference, own = stranger.cases()
    assert (reference.kernel_set, own.kernel_set) == ("reference", "two-rows")
    assert own.status is CaseStatus.OK
    equal = own.reading("vectors_equal")
    assert isinstance(equal, Measurement)
    assert equal.value == equal.n == 20
    assert instructions(own) < instructions(reference)


def test_a_stranger_adds_a_target_of_a_known_family(tmp_path: Path) -> None:
    text = section("targets/README.md", "Adding one")
    ((name, definition),) = files_of(text).items()
    assert name.endswith("targets/small-m7.toml")
    assert len(definition.splitlines()) <= LONGEST_TARGET_LINES
    stranger = Stranger(tmp_path / "home")
    stranger.follow(text)
    assert "small-m7" in stranger.said
    (record,) = stranger.cases()
    assert (record.target_id, record.status) == ("small-m7", CaseStatus.OK)
    assert instructions(record) > 0
