"""Plans of nightlies: what they say, and every fault of one at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalog.nightly import read_nightly
from harness.domain.energy_asked import EnergyAsked
from harness.domain.nightly import PREVIOUS, NightlyPlan, ReportFiles
from harness.errors import BadDefinition

EXAMPLE = Path(__file__).parents[3] / "results" / "nightly.example.toml"


def read(tmp_path: Path, text: str) -> NightlyPlan:
    file = tmp_path / "nightly.toml"
    file.write_text(text, encoding="utf-8")
    return read_nightly(file)


def test_an_empty_matrix_is_what_a_run_without_words_measures(tmp_path: Path) -> None:
    plan = read(tmp_path, "[matrix]\n")
    assert plan == NightlyPlan()
    assert (plan.baseline, plan.retries, plan.jobs, plan.tag) == (PREVIOUS, 1, 1, "nightly")


def test_the_example_is_a_plan() -> None:
    plan = read_nightly(EXAMPLE)
    assert plan.kernels == ("reference", "cmsis-nn")
    assert plan.files == ReportFiles(
        *(Path(f"results/nightly.{suffix}") for suffix in ("html", "xml", "md", "prom"))
    )
    assert len(plan.files.wanted) == 4


def test_every_key_arrives(tmp_path: Path) -> None:
    text = (
        'tag = "weekly"\nbaseline = "b.json"\nthresholds = "t.toml"\ncase_timeout_s = 60\n'
        'retries = 2\njobs = 3\n[matrix]\ntargets = ["t"]\nkernels = ["k"]\nmodels = ["m"]\n'
        'builds = ["b"]\ndataset = "random"\nlimit = 4\nrepeat = 5\nwarmup = 6\n'
        '[report]\njunit = "j.xml"\n'
    )
    assert read(tmp_path, text) == NightlyPlan(
        *(("t",), ("k",), ("m",), ("b",)),
        *("random", 4, 5, 6),
        *("weekly", "b.json", Path("t.toml"), 60.0, 2, 3),
        ReportFiles(junit=Path("j.xml")),
    )


def test_what_is_asked_of_a_meter(tmp_path: Path) -> None:
    text = (
        '[matrix]\n[power]\nmeter = "ppk2://E0F1"\nvoltage = 3.0\nwindow_s = 12.0\nwindows = 7\n'
        'baseline = "idle"\nrequired = true\n'
    )
    assert read(tmp_path, text).energy == EnergyAsked("ppk2://E0F1", 3.0, 7, 12.0, "idle", True)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "matrix: missing"),
        ("[matrix]\ntarget = ['x']\n", "matrix.target: unknown key (did you mean 'targets'?)"),
        ("[matrix]\ntargets = []\n", "matrix.targets: List should have at least 1 item"),
        ("[matrix]\ntargets = 'x'\n", "matrix.targets: must be a valid list"),
        ("[matrix]\n[power]\nvolts = 3.0\n", "power.volts: unknown key (did you mean 'voltage'?)"),
        ("[matrix]\n[power]\nwindows = 0\n", "power.windows: must be greater than or equal to 1"),
        ("[matrix]\nlimit = 0\n", "matrix.limit: must be greater than or equal to 1"),
        ("[matrix]\nrepeat = 1001\n", "matrix.repeat: must be less than or equal to 1000"),
        ("case_timeout_s = 0\n[matrix]\n", "case_timeout_s: must be greater than 0"),
        ("case_timeout_s = inf\n[matrix]\n", "case_timeout_s: must be a finite number"),
        ("retries = 1.5\n[matrix]\n", "retries: must be a valid integer"),
        ("jobs = 0\n[matrix]\n", "jobs: must be greater than or equal to 1"),
        ("tag = 'last'\n[matrix]\n", "tag: 'last' cannot be a tag"),
        ("tag = 'a b'\n[matrix]\n", "tag: 'a b' cannot be a tag"),
        ("[matrix]\n[report]\npdf = 'x'\n", "report.pdf: unknown key"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        read(tmp_path, text)
    assert fault in caught.value.what
    assert caught.value.where == str(tmp_path / "nightly.toml")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadDefinition, match="2 faults:"):
        read(tmp_path, "jobs = 0\n[matrix]\nlimit = 0\n")
