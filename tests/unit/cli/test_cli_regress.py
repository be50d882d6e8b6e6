"""`harness compare`, `regress`, `baseline` and `estimate` on kept runs: output and exit codes."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from builders.observations import board_record
from builders.records import (
    KERNELS,
    STARTED,
    accuracy,
    case_record,
    counted,
    failed_record,
    readings,
    run_info,
)
from command_line import CommandLine

from harness.domain.record import CaseRecord
from harness.results import open_store

REFERENCE = {
    "kernel_set": "reference",
    "library_name": None,
    "library_version": None,
    "library_tree_hash": None,
}
LOOSE = '[metric.instructions]\nbetter = "lower"\nlimit = 50\nunit = "%"\n'


def case(instructions: float, **fields: object) -> CaseRecord:
    return case_record(**{"readings": readings(counted(instructions)), **fields})


def kept(folder: Path, *runs: Sequence[CaseRecord], commits: Sequence[str] = ()) -> None:
    """Runs whose ids begin with `0abc`, `1abc`..., a day apart, in the default place."""
    store = open_store(folder / "results" / "harness.db")
    for place, records in enumerate(runs):
        run = run_info(
            id=f"{place}abc" * 8,
            started=STARTED + timedelta(days=place),
            git_commit=commits[place] if commits else None,
            git_dirty=False if commits else None,
        )
        store.begin(run)
        for record in records:
            store.add(run.id, replace(record, started=run.started, finished=run.started))


FAST, SLOW = case(1_000_000), case(1_010_000)
BROKEN = failed_record()


def test_the_speed_up_of_cmsis_nn_is_one_command(harness: CommandLine, folder: Path) -> None:
    kept(folder, [case(4_600_000, **REFERENCE), case(2_300_000)])
    ended = harness("compare", "--across", "kernels", "--metric", "instructions")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "instructions by kernels (simulated)"
    row = next(line for line in ended.out.splitlines() if line.startswith("kws"))
    assert row.split() == ["kws", "mps2-an500", "4,600,000", "2,300,000*", "2.00x"]


def test_two_runs_are_set_side_by_side(harness: CommandLine, folder: Path) -> None:
    kept(folder, [FAST], [SLOW])
    ended = harness("compare", "0abc", "last", "--metric", "instructions")
    assert "+1.00 %" in ended.out
    same = harness("compare", "last", "last", "--metric", "accuracy")
    assert "90.1 % [88.1..91.8]" in same.out
    assert "≈" in same.out


def test_unequal_conditions_are_refused_and_forced_tables_marked(
    harness: CommandLine, folder: Path
) -> None:
    kept(folder, [FAST], [case(2_000_000, compiler="clang 14")])
    ended = harness("compare", "last~1", "last")
    assert ended.code == 2
    assert "NotComparable: nothing here may be compared:" in ended.err
    assert "compiler: arm-none-eabi-gcc 12.2.1 -> clang 14" in ended.err
    forced = harness("compare", "last~1", "last", "--force", "--metric", "instructions")
    assert forced.code == 0
    assert "FORCED: rows compare what was measured under different conditions" in forced.out


def test_tables_as_json_and_files(harness: CommandLine, folder: Path) -> None:
    kept(folder, [case(4_600_000, **REFERENCE), case(2_300_000)])
    ended = harness("compare", "--json", "--save", "t.csv", "--save", "t.md", "--save", "t.json")
    rows = json.loads(ended.out)["rows"]
    assert rows == json.loads((folder / "t.json").read_text())["rows"]
    (fast,) = [r for r in rows if (r["kernels"], r["metric"]) == ("cmsis-nn", "instructions")]
    assert (fast["value"], fast["ratio"], fast["best"]) == (2_300_000, 0.5, True)
    (share,) = [r for r in rows if (r["kernels"], r["metric"]) == ("cmsis-nn", "accuracy")]
    assert share["low_95"] == pytest.approx(0.8809, abs=1e-3)
    with (folder / "t.csv").open() as lines:
        assert len(list(csv.DictReader(lines))) == len(rows)
    assert "| kws | mps2-an500 |" in (folder / "t.md").read_text()
    wrong = harness("compare", "--save", "t.pdf")
    assert (wrong.code, "End the name in .csv, .json, .md." in wrong.err) == (2, True)


def test_a_pivot_of_words(harness: CommandLine, folder: Path) -> None:
    kept(folder, [FAST])
    ended = harness("compare", "--pivot", "model+kernels,target,flash")
    assert ended.out.splitlines()[0] == "flash in bytes by target (simulated)"
    assert harness("compare", "--pivot", "model").code == 2
    unknown = harness("compare", "--pivot", "a,b")
    assert unknown.code == 2
    assert "the cases have no column 'a', 'b'" in unknown.err
    assert "firmware_flash_bytes" in unknown.err
    asked = "rows=core columns=kernels values=instructions aggregate=mean"
    any_column = harness("compare", "--pivot", asked)
    assert any_column.code == 0, any_column.err
    assert "mean of instructions by kernels (simulated)" in any_column.out
    twice = harness("compare", "--pivot", asked, "--metric", "flash")
    assert "--metric and the values of --pivot are two ways to say one thing" in twice.err
    both = harness("compare", "--pivot", "model,target", "--across", "kernels")
    assert "--across and --pivot are two ways to say one thing" in both.err
    none = harness("compare", "--metric", "colour")
    assert none.code == 2
    assert "there is nothing to compare: no case has colour\n" in none.err
    assert "Use one of accuracy, " in none.err


@pytest.mark.parametrize(
    ("second", "code", "verdict"),
    [
        ([FAST], 0, "Verdict: no change"),
        ([SLOW], 1, "Verdict: regression"),
        ([case(900_000)], 0, "Verdict: improvement"),
        ([BROKEN], 4, "Verdict: no result"),
        ([SLOW, case(1, model="new")], 1, "Verdict: regression"),
        ([BROKEN, case(1, model="new")], 4, "Verdict: no result"),
    ],
)
def test_exit_codes_of_regress(
    harness: CommandLine, folder: Path, second: list[CaseRecord], code: int, verdict: str
) -> None:
    kept(folder, [FAST], second)
    ended = harness("regress", "last~1", "last")
    assert ended.code == code
    assert ended.out.splitlines()[0] == verdict


def test_thresholds_of_one_s_own(harness: CommandLine, folder: Path) -> None:
    kept(folder, [FAST], [SLOW])
    (folder / "loose.toml").write_text(LOOSE)
    assert harness("regress", "0abc", "1abc", "--thresholds", "loose.toml").code == 0
    (folder / "loose.toml").write_text("")
    wrong = harness("regress", "0abc", "1abc", "--thresholds", "loose.toml")
    assert (wrong.code, "metric: missing" in wrong.err) == (2, True)


def test_a_condition_may_be_allowed_to_differ(harness: CommandLine, folder: Path) -> None:
    kept(folder, [FAST], [replace(FAST, compiler="clang 14")])
    refused = harness("regress", "0abc", "1abc")
    assert (refused.code, "not comparable: compiler" in refused.out) == (4, True)
    allowed = harness("regress", "0abc", "1abc", "--allow", "compiler")
    assert allowed.code == 0
    wrong = harness("regress", "0abc", "1abc", "--allow", "compilers")
    assert (wrong.code, "Use 'compiler'" in wrong.err) == (2, True)


def test_verdicts_as_json_and_files(harness: CommandLine, folder: Path) -> None:
    kept(folder, [FAST], [SLOW])
    ended = harness("regress", "0abc", "1abc", "--json", "--save", "v.csv", "--save", "v.md")
    (row,) = json.loads(ended.out)["rows"]
    assert row["judgement"] == "regression"
    assert row["metrics"][0]["change"] == pytest.approx(0.01)
    with (folder / "v.csv").open() as lines:
        metrics = {line["metric"]: line["judgement"] for line in csv.DictReader(lines)}
    assert metrics["instructions"] == "regression"
    assert metrics["flash"] == "same"
    assert "+1.00 %" in (folder / "v.md").read_text()


def test_runs_are_held_to_a_baseline(harness: CommandLine, folder: Path) -> None:
    kept(folder, [FAST], [SLOW])
    none = harness("regress")
    assert (none.code, "there is no baseline in results/baselines" in none.err) == (2, True)
    written = harness("baseline", "write", "results/baselines/kws.json", "0abc")
    assert written.out == "1 cases of 0abc0abc of 2024-05-17 kept in results/baselines/kws.json\n"
    assert harness("baseline", "check", "results/baselines/kws.json", "0abc").code == 0
    assert harness("baseline", "check", "results/baselines/kws.json").code == 1
    assert harness("regress", "baseline", "0abc").code == 0
    assert harness("regress").code == 1


def test_a_failed_run_makes_no_baseline(harness: CommandLine, folder: Path) -> None:
    kept(folder, [BROKEN])
    ended = harness("baseline", "write", "b.json")
    assert (ended.code, "these cases failed: kws" in ended.err) == (2, True)
    assert not (folder / "b.json").exists()


def test_runs_go_by_git_revision_and_steps_by_ancestry(harness: CommandLine, folder: Path) -> None:
    commits = [committed(folder, str(number)) for number in range(3)]
    kept(folder, [FAST], [SLOW], commits=[commits[0], commits[2]])
    assert harness("regress", "HEAD~2", "HEAD").code == 1
    missing = harness("regress", "HEAD~1", "HEAD")
    assert (missing.code, f"no run is of commit {commits[1][:12]}" in missing.err) == (2, True)
    step = '[[known_step]]\nmetric = "instructions"\nby = "+1 %"\nreason = "rounds"\ncommit = '
    limits = LOOSE.replace("50", "0.5")
    (folder / "known.toml").write_text(f'{limits}{step}"{commits[1]}"\n')
    ended = harness("regress", "HEAD~2", "HEAD", "--thresholds", "known.toml")
    assert (ended.code, "known step" in ended.out, "rounds" in ended.out) == (0, True, True)
    (folder / "known.toml").write_text(f'{limits}{step}"{commits[0]}"\n')
    assert harness("regress", "HEAD~2", "HEAD", "--thresholds", "known.toml").code == 1


def committed(folder: Path, text: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", text]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    found = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    )
    return found.stdout.strip()


CALLS = {"library_name": "cmsis-nn", "operator_kernels": KERNELS}


def test_cycles_are_estimated_in_a_table_of_their_own(harness: CommandLine, folder: Path) -> None:
    kept(folder, [case(10_000_000, **CALLS)])
    ended = harness("estimate", "cycles")
    assert ended.out.startswith("Estimates, not measurements (model)\n")
    assert "6.97M  9.43M   8.20M  0.82  Cortex-M7 conv" in ended.out
    below = harness("compare", "--estimate-cycles", "--metric", "instructions").out
    above, _, table = below.partition("Estimates, not measurements (model)")
    assert "cycles" not in above
    assert "cycles_est" in table


def test_a_board_calibrates_its_estimates(harness: CommandLine, folder: Path) -> None:
    kept(folder, [case(1_000_000, **CALLS)], [board_record([870_000] * 3, **CALLS)])
    ended = harness("estimate", "calibrate", "1abc", "0abc")
    assert ended.out == (
        "nucleo-h743 conv: CPI 0.870 ±10 %, kept in results/cycles-per-instruction.json\n"
    )
    found = harness("estimate", "cycles", "0abc", "--board", "nucleo-h743", "--json")
    (row,) = json.loads(found.out)["rows"]
    assert row["fidelity"] == "model"
    assert row["cycles_est"]["low"] == pytest.approx(783_000)
    nothing = harness("estimate", "calibrate", "0abc", "1abc")
    assert (nothing.code, "measured on a board and simulated too" in nothing.err) == (2, True)


def test_accuracy_is_judged_in_samples(harness: CommandLine, folder: Path) -> None:
    worse = case_record(readings=readings(accuracy(0.900)))
    kept(folder, [case_record()], [worse])
    ended = harness("regress", "0abc", "1abc")
    row = next(line for line in ended.out.splitlines() if "accuracy" in line)
    assert (ended.code, "901" in row, "900" in row) == (1, True, True)
