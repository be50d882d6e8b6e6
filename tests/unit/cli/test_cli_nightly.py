"""`harness nightly` on the command line: refusals before anything is measured, and its files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from builders.nights import a_night
from builders.records import case_record, failed_record
from command_line import CommandLine
from rich.console import Console

from harness.bench.events import CaseFinished, Note
from harness.cli.night import NightLines, show, write
from harness.domain.nightly import ReportFiles
from harness.errors import StoreError

PLAN = '[matrix]\ntargets = ["mps2-an500"]\nkernels = ["reference"]\nmodels = ["mlp-digits"]\n'


@pytest.mark.parametrize(
    ("plan", "code", "told"),
    [
        ("[matrix]\ntarget = 1\n", 2, "matrix.target: unknown key (did you mean 'targets'?)"),
        (PLAN.replace("an500", "an501"), 2, "there is no target 'mps2-an501'"),
        (f'baseline = "baseline"\n{PLAN}', 2, "there is no baseline in results/baselines"),
        (f'baseline = "none.json"\n{PLAN}', 2, "none.json: the baseline cannot be read"),
        (f'baseline = "released"\n{PLAN}', 2, "no run is called 'released'"),
        (f'thresholds = "t.toml"\n{PLAN}', 2, "t.toml: there is no such file"),
        (f'{PLAN}[report]\nhtml = "nightly.toml/x.html"\n', 8, "the report cannot be written"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_measured(
    harness: CommandLine, folder: Path, plan: str, code: int, told: str
) -> None:
    (folder / "nightly.toml").write_text(plan)
    ended = harness("nightly", "--quiet")
    assert (ended.code, told in ended.err) == (code, True), ended.err
    assert ended.out == ""


def test_a_plan_that_is_not_there(harness: CommandLine, folder: Path) -> None:
    ended = harness("nightly", "--plan", "none.toml")
    assert (ended.code, "none.toml: there is no such file" in ended.err) == (2, True)


def test_there_is_nothing_to_resume(harness: CommandLine, folder: Path) -> None:
    (folder / "nightly.toml").write_text(PLAN)
    ended = harness("nightly", "--resume", "--quiet")
    assert (ended.code, "there is no run to go on with" in ended.err) == (2, True)


def test_the_files_are_written_and_the_step_summary_is_added_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = folder / "step.md"
    step.write_text("earlier\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    files = ReportFiles(junit=Path("n.xml"), summary=Path("n.md"), openmetrics=Path("n.prom"))
    write(a_night(), files, None)
    summary = Path("n.md").read_text()
    assert step.read_text() == f"earlier\n{summary}"
    assert Path("n.xml").read_text().startswith("<?xml version='1.0' encoding='utf-8'?>")
    assert Path("n.prom").read_text().endswith("\n# EOF\n")


def test_a_step_summary_that_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder))
    with pytest.raises(StoreError) as caught:
        write(a_night(), ReportFiles(), None)
    assert caught.value.what == "the step summary cannot be written: Is a directory"
    assert caught.value.hint == (
        "Name a file that can be written in GITHUB_STEP_SUMMARY, or unset it."
    )


def test_a_line_for_each_case(capsys: pytest.CaptureFixture[str]) -> None:
    file = io.StringIO()
    lines = NightLines(Console(file=file, width=200))
    lines(CaseFinished(case_record(variant="O3")))
    lines(CaseFinished(failed_record()))
    lines(Note("building [x]"))
    first, second, third = file.getvalue().splitlines()
    assert first.startswith("+ kws · mps2-an500 · cmsis-nn · O3: 7,628,160 instructions")
    assert second == "x kws · mps2-an500 · cmsis-nn: SimulatorDied QEMU was killed by signal 9"
    assert third == "  building [x]"
    show(a_night())
    assert capsys.readouterr().out.startswith("Verdict: regression\n")
