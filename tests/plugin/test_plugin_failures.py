"""A case that cannot run is a test error with the harness's own words, and nothing around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.results import open_store

ONE = ("-p", "no:cacheprovider", "--target=mps2-an500", "--model=lenet-digits", "--limit=2")
REFERENCE = (*ONE, "--kernels=reference")


@pytest.fixture
def programs(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there, and the system's own programs."""
    folder = project.mkdir("bin")
    monkeypatch.setenv("PATH", str(folder))
    return folder


def kept(project: pytest.Pytester) -> list[str | None]:
    """How each case ended that is in the store, by run."""
    store = open_store(project.path / "results" / "harness.db")
    return [record.error_class for run in store.runs() for record in store.cases(run.id)]


def test_an_error_of_the_harness_is_told_without_a_traceback(
    project: pytest.Pytester, benchmarks: Path, programs: Path
) -> None:
    result = project.runpytest(*REFERENCE)
    result.assert_outcomes(errors=1, passed=1, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_accuracy*",
            "ToolMissing: arm-none-eabi-gcc: arm-none-eabi-gcc is not installed, or not on PATH",
            "  -> Install it: sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi.",
            "*benchmark results*",
            "*lenet-digits*mps2-an500*reference*",
            "kept as run * in results/harness.db",
        ]
    )
    result.stdout.no_fnmatch_line("*harness/bench*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_case_that_failed_is_not_tried_for_the_next_test(
    project: pytest.Pytester, programs: Path
) -> None:
    project.makepyfile("def test_one(bench): pass\n\ndef test_two(bench): pass\n")
    project.runpytest(*REFERENCE).assert_outcomes(errors=2)
    assert kept(project) == ["ToolMissing"]


def test_every_case_of_a_session_is_in_one_run(
    project: pytest.Pytester, benchmarks: Path, programs: Path
) -> None:
    project.runpytest(*ONE).assert_outcomes(errors=2, passed=2, deselected=1)
    assert kept(project) == ["ToolMissing", "ToolMissing"]
    assert len(open_store(project.path / "results" / "harness.db").runs()) == 1


def test_inputs_that_do_not_fit(project: pytest.Pytester, benchmarks: Path) -> None:
    result = project.runpytest(*REFERENCE, "--dataset=npy:nowhere.npy")
    result.assert_outcomes(errors=1, passed=1, deselected=1)
    result.stdout.fnmatch_lines(["BadDataset: *nowhere.npy*", "  -> *"])


def test_results_that_cannot_be_kept(project: pytest.Pytester, benchmarks: Path) -> None:
    project.makefile(".txt", notes="no database " * 99)
    result = project.runpytest(*REFERENCE, "--harness-results=notes.txt")
    result.assert_outcomes(errors=1, passed=1, deselected=1)
    result.stdout.fnmatch_lines(["StoreError: notes.txt: *", "  -> *"])
    result.stdout.no_fnmatch_line("*benchmark results*")


def test_ctrl_c_shows_what_has_ended(
    project: pytest.Pytester, benchmarks: Path, programs: Path
) -> None:
    """The compiler is a program that presses Ctrl-C."""
    compiler = programs / "arm-none-eabi-gcc"
    compiler.write_text("#!/bin/sh\nkill -INT $PPID\nexec /bin/sleep 60\n")
    compiler.chmod(0o755)
    result = project.runpytest_subprocess(*ONE, timeout=60)
    assert result.ret is pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*benchmark results*", "*KeyboardInterrupt*"])
    assert kept(project) == ["KeyboardInterrupt"]
