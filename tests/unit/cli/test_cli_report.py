"""`harness report`: from a store to files, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from builders.records import STARTED, accuracy, case_record, counted, readings, run_info
from builders.report_contents import profile
from command_line import CommandLine

from harness.report.profile_json import write_profiles
from harness.results import open_store
from harness.results.case_pictures import CURRENT
from harness.results.case_raw import ANSWERS, PROFILE, answers_arrays

RUNS = [f"{n:x}" * 16 for n in range(1, 7)]


@pytest.fixture
def kept(folder: Path) -> Path:
    """Six runs of one case, a day apart, that became 6 % slower in the fourth."""
    store = open_store("results/harness.db")
    labels = np.array([0, 1, 1], dtype=np.int64)
    outputs = np.array([[9, 1], [9, 1], [0, 9]], dtype=np.int8).view(np.uint8)
    ticks = np.full((3, 1), 25_000, dtype=np.uint64)
    for day, run in enumerate(RUNS):
        count = 1_000_000 * (1.06 if day >= 3 else 1.0)
        begun = STARTED + timedelta(days=day)
        store.begin(run_info(id=run, started=begun, git_commit=f"{day}" * 40))
        answers = store.raw.put(ANSWERS, answers_arrays(outputs, ticks, 40.0, "int8", labels))
        trace = {
            "seconds": np.array([0.0, 1.0, 2.0]),
            "amperes": np.array([0.01, 0.05, 0.01]),
            "windows": np.array([[0.5, 1.5]]),
        }
        record = case_record(
            started=begun,
            readings=readings(counted(count), accuracy(2 / 3, 3)),
            raw=((ANSWERS, answers), (CURRENT, store.raw.put(CURRENT, trace))),
        )
        store.add(run, record)
    return folder


def test_without_a_file_the_last_run_is_printed_as_markdown(
    harness: CommandLine, kept: Path
) -> None:
    ended = harness("report")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("# Benchmark report\n\n## Summary\n\n1 of 1 cases ended well")
    assert RUNS[-1] in ended.out
    assert RUNS[0] not in ended.out


def test_every_file_that_is_asked_for_is_written(harness: CommandLine, kept: Path) -> None:
    ended = harness(
        *("report", "--run", RUNS[0], "--run", "last", "--title", "Tuesday"),
        *("--html", "out/a.html", "--md", "out/a.md", "--csv", "out/a.csv"),
    )
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "written: out/a.html\nwritten: out/a.md\nwritten: out/a.csv\n"
    assert "<title>Tuesday</title>" in Path("out/a.html").read_text(encoding="utf-8")
    assert Path("out/a.md").read_text(encoding="utf-8").startswith("# Tuesday\n")
    assert len(Path("out/a.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_beside_another_run_the_verdict_comes_first(harness: CommandLine, kept: Path) -> None:
    ended = harness("report", "--against", "last~3")
    assert ended.code == 0
    assert ended.out.startswith("# Benchmark report\n\n## Verdict: regression\n")
    assert "| regression | kws · mps2-an500 · cmsis-nn | instructions |" in ended.out
    again = harness("report", "--against", "last~1")
    assert again.out.startswith("# Benchmark report\n\n## Verdict: no change\n")


def test_history_goes_through_the_last_runs_and_marks_the_step(
    harness: CommandLine, kept: Path
) -> None:
    out = harness("report", "--history", "10").out
    assert "## History (simulated)" in out
    step = "kws · mps2-an500 · cmsis-nn: instructions 1,000,000 -> 1,060,000 from run 44444444"
    assert step in out
    assert "-> 1,060,000" not in harness("report", "--history", "2").out
    assert "## History" not in harness("report").out


def test_raw_data_becomes_confusion_and_current(harness: CommandLine, kept: Path) -> None:
    out = harness("report").out
    assert "kws · mps2-an500 · cmsis-nn: 2 of 3 inputs right, 2 classes" in out
    assert "kws · mps2-an500 · cmsis-nn: 3 readings; shaded: what is measured" in out


def test_raw_data_that_was_left_behind_is_no_fault(harness: CommandLine, kept: Path) -> None:
    Path("results/harness.db.raw").rename("elsewhere")
    ended = harness("report")
    assert ended.code == 0
    assert "Confusion" not in ended.out


def test_a_profile_of_the_store_becomes_a_stack(harness: CommandLine, kept: Path) -> None:
    from harness.domain.kernel_code import OperatorKernel
    from harness.results.case_raw import profile_arrays

    store = open_store("results/harness.db")
    kernels = [OperatorKernel(0, "CONV_2D", "cmsis-nn/conv_2d.c", ("arm_convolve_s8",))]
    key = store.raw.put(PROFILE, profile_arrays(kernels, [25_000], 0, 40.0))
    store.add(RUNS[-1], case_record(model="vww", raw=((PROFILE, key),)))
    out = harness("report").out
    assert "## Instructions by operator (simulated)" in out
    assert "| 0 | CONV\\_2D | 1,000,000 |" in out


def test_profile_files_add_maps_of_the_memory(harness: CommandLine, kept: Path) -> None:
    write_profiles(Path("p.json"), [profile(), profile(kernels="reference")], run_info())
    out = harness("report", "--profile", "p.json").out
    assert "arena of 5,760 bytes (lower bound 5,760) over 4 operators" in out
    assert "Flash by part: flash of 2 firmwares by 3 parts, the model not included" in out


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "this is no JSON"),
        ('{"schema": 99}', "this holds no profiles of schema 2"),
        ("[]", "this holds no profiles of schema 2"),
        ('{"schema": 2, "profiles": [{"model": 1}]}', "a profile does not decode"),
        ('{"schema": 2}', "a profile does not decode"),
    ],
)
def test_a_file_that_is_no_profile_is_refused(
    harness: CommandLine, kept: Path, content: str, what: str
) -> None:
    Path("p.json").write_text(content, encoding="utf-8")
    ended = harness("report", "--profile", "p.json")
    assert (ended.code, ended.out) == (8, "")
    assert ended.err.startswith(f"CorruptRecord: p.json: {what}")
    assert ended.err.endswith(
        "-> Name a file that `harness profile` of this version has written.\n"
    )


def test_a_profile_comes_back_as_it_was_written(tmp_path: Path) -> None:
    from harness.domain.measurement import Missing
    from harness.report.profile_file import read_profiles

    unknown = replace(profile(), stack_used=Missing("stack_used", "no painted stack"))
    write_profiles(tmp_path / "p.json", [profile(), unknown], run_info())
    assert json.loads((tmp_path / "p.json").read_text())["schema"] == 2
    assert read_profiles(tmp_path / "p.json") == [profile(), unknown]


def test_a_report_makes_no_database(harness: CommandLine, folder: Path) -> None:
    ended = harness("report", "--html", "a.html")
    assert (ended.code, ended.out) == (8, "")
    assert ended.err == (
        "StoreError: results/harness.db: there are no results\n"
        "  -> Measure something first (`harness run`), or name a database with --results.\n"
    )
    assert not Path("results").exists()
    assert not Path("a.html").exists()


def test_a_run_that_is_not_there_is_told(harness: CommandLine, kept: Path) -> None:
    ended = harness("report", "--run", "yesterdays", "--html", "a.html")
    assert ended.code == 2
    assert ended.err.startswith("UnknownRun: results/harness.db: no run is called 'yesterdays'")
    assert not Path("a.html").exists()


def test_a_place_that_cannot_be_written_is_known_first(harness: CommandLine, kept: Path) -> None:
    Path("taken").touch()
    ended = harness("report", "--html", "taken/here/a.html")
    assert ended.code == 8
    assert ended.err == (
        "StoreError: taken/here/a.html: the report cannot be written: Not a directory\n"
        "  -> Name a file in a folder that can be written.\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--duty-cycle", "2"), "'--duty-cycle'"),
        (("--battery-mah", "-1"), "'--battery-mah'"),
        (("--history", "-1"), "'--history'"),
        (("--profile", "none.json"), "'none.json' does not exist"),
    ],
)
def test_options_out_of_range_are_refused(
    harness: CommandLine, kept: Path, words: tuple[str, ...], message: str
) -> None:
    ended = harness("report", *words)
    assert ended.code == 2
    assert message in " ".join(ended.err.replace("│", " ").split())
