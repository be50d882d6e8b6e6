"""A command line in an empty folder, with a cache and definitions of its own."""

from pathlib import Path

import pytest
from command_line import CommandLine, command_line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: empty."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    for name in ("HARNESS_PATH", "HARNESS_RESULTS", "HARNESS_RIG"):
        monkeypatch.delenv(name, raising=False)
    return here


@pytest.fixture
def harness(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """Run `harness` with words, in `folder`."""
    return command_line(monkeypatch, capsys)
