"""Meters that are asked for in words: what is refused before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.fixture(autouse=True)
def no_meter_of_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_POWER_METER", raising=False)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("pk2://E0F1", "there is no kind of meter 'pk2'"),
        ("virtual:pkk2", "there is no virtual instrument 'pkk2'"),
        ("virtual:ppk2?unplug=1", "there is no fault 'unplug=1'"),
    ],
)
def test_a_meter_that_does_not_exist(
    harness: CommandLine, folder: Path, address: str, told: str
) -> None:
    ended = harness("run", "-t", "mps2-an500", "-q", "--power-meter", address)
    assert ended.code == 2
    assert ended.err.startswith("UnknownName: ")
    assert told in ended.err
    assert not (folder / "results").exists()


def test_energy_mode_needs_a_meter(harness: CommandLine, folder: Path) -> None:
    words = ("--port", "/dev/nothing", "--data", str(folder), "--mode", "energy")
    ended = harness("mlperf", *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "ConfigError: --mode: energy mode needs a power meter\n  -> Name it with --power-meter.\n"
    )


def test_a_run_without_traces_cannot_be_analysed_again(harness: CommandLine, folder: Path) -> None:
    ended = harness("power", "again")
    assert ended.code == 8
    assert not (folder / "results" / "harness.db").exists()
