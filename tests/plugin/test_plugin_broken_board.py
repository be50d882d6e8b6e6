"""A board that fails twice fails the tests of two cases, and those of the others are skipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices.virtual_board import needs_unicorn

from harness.results import open_store

BROKEN = """
id = "broken"
title = "A virtual board with another chip"
fidelity = "simulated"
firmware = "openmv-h7"

[counter]
unit = "instructions"
per_tick = 1

[machine]
kind = "virtual-h743"
faults = "device-id=0x451"
"""
TESTS = """
    import pytest

    @pytest.mark.harness(limit=1)
    def test_one(bench): pass

    @pytest.mark.harness(limit=2)
    def test_two(bench): pass

    @pytest.mark.harness(limit=3)
    def test_three(bench): pass

    @pytest.mark.harness(limit=4)
    def test_four(bench): pass
"""


@needs_unicorn
def test_the_third_case_of_a_broken_board_is_skipped(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = project.mkdir("targets")
    (Path(targets) / "broken.toml").write_text(BROKEN)
    monkeypatch.setenv("HARNESS_PATH", str(project.path))
    project.makepyfile(TESTS)
    result = project.runpytest(
        "-rs",
        "-p",
        "no:cacheprovider",
        "--target=broken",
        "--model=mlp-digits",
        "--kernels=reference",
    )
    result.assert_outcomes(errors=2, skipped=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "FlashFailed: probe gdb:*: the board is not what its pyocd_target says: *",
            "*SKIPPED*BoardBroken: probe gdb:*: skipped because the board failed 2 times in this "
            "run, at last with FlashFailed: the board is not what its pyocd_target says:*",
        ]
    )
    store = open_store(project.path / "results" / "harness.db")
    ended = [record.error_class for run in store.runs() for record in store.cases(run.id)]
    assert ended == ["FlashFailed", "FlashFailed", "BoardBroken", "BoardBroken"]
