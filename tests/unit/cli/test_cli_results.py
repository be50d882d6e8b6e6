"""`harness results`: runs listed, shown, named, copied and deleted; what is refused."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from builders.records import STARTED, accuracy, case_record, failed_record, readings, run_info
from command_line import CommandLine

from harness.results import Store, open_store

OLD, MIDDLE, NEW = "aaaa1111", "bbbb2222", "cccc3333"
DATABASE = Path("results/harness.db")


@pytest.fixture
def kept(folder: Path) -> Store:
    """Three runs a day apart: two cases, one case and a failure, one case with raw data."""
    store = open_store(DATABASE)
    answers = store.raw.put("answers", {"ticks": np.array([[1], [2]], dtype=np.uint64)})
    cases = {
        OLD: [case_record(), case_record(model="vww")],
        MIDDLE: [case_record(), failed_record(model="vww")],
        NEW: [case_record(target_id="mps2-an386", raw=(("answers", answers),))],
    }
    for day, (run, records) in enumerate(cases.items()):
        begun = STARTED + timedelta(days=day)
        commit = None if run == OLD else f"{day}" * 40
        store.begin(run_info(id=run, started=begun, git_commit=commit, git_dirty=run == NEW))
        for record in records:
            store.add(run, record)
    return store


def listed(harness: CommandLine, *words: object) -> list[str]:
    ended = harness("results", "list", "--json", *words)
    assert ended.code == 0, ended.err
    return [row["id"] for row in json.loads(ended.out)]


def test_runs_are_listed_with_what_became_of_their_cases(
    harness: CommandLine, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    kept.tag(MIDDLE, "nightly")
    rows = json.loads(harness("results", "list", "--json").out)
    assert [row["id"] for row in rows] == [OLD, MIDDLE, NEW]
    assert [(row["cases"], row["failed"]) for row in rows] == [(2, 0), (2, 1), (1, 0)]
    assert [row["tags"] for row in rows] == [[], ["nightly"], []]
    assert rows[0]["started"] == "2024-05-17 08:30:00"
    table = harness("results", "list").out
    assert [NEW in line for line in table.splitlines() if "22222222+" in line] == [True]
    assert "harness run --target mps2-an500" in " ".join(table.split())


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (("--last", 2), [MIDDLE, NEW]),
        (("--tag", "good"), [OLD]),
        (("--git", "1111"), [MIDDLE]),
        (("--since", "2024-05-18"), [MIDDLE, NEW]),
        (("--until", "2024-05-18"), [OLD]),
        (("--since", "2024-05-18", "--until", "2024-05-19"), [MIDDLE]),
        (("--tag", "none"), []),
    ],
)
def test_a_list_of_some(
    harness: CommandLine, kept: Store, words: tuple[object, ...], runs: list[str]
) -> None:
    kept.tag(OLD, "good")
    assert listed(harness, *words) == runs


def test_a_run_is_shown_as_it_ended(harness: CommandLine, kept: Store) -> None:
    ended = harness("results", "show", "last~1", "--json", "--save", "rows.csv")
    assert ended.code == 0
    first, second = json.loads(ended.out)["cases"]
    assert first["readings"]["instructions"]["value"] == 7_628_160
    assert (second["status"], second["error_class"]) == ("failed", "SimulatorDied")
    assert "SimulatorDied" in ended.err  # the table
    with Path("rows.csv").open(newline="", encoding="utf-8") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["ok", "failed"]


def test_several_runs_are_one_table(harness: CommandLine, kept: Store) -> None:
    out = harness("results", "show", OLD[:4], "last").out
    assert "mps2-an500 (M7)" in out
    assert "mps2-an386 (M7)" in out
    assert "7,628,160" in out


@pytest.mark.parametrize("command", ["show", "tag", "export"])
def test_a_run_that_is_not_there(harness: CommandLine, kept: Store, command: str) -> None:
    words = {"show": ("none",), "tag": ("none", "x"), "export": ("a.csv", "none")}[command]
    ended = harness("results", command, *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(
        "UnknownRun: results/harness.db: no run is called 'none'\n  -> Give"
    )
    assert not Path("a.csv").exists()


def test_a_tag_is_given_moved_and_taken(harness: CommandLine, kept: Store) -> None:
    assert harness("results", "tag", OLD, "good").err == f"run {OLD} is called good\n"
    harness("results", "tag", MIDDLE, "good")
    assert listed(harness, "--tag", "good") == [OLD, MIDDLE]
    harness("results", "tag", "last", "good", "--move")
    assert listed(harness, "--tag", "good") == [NEW]
    gone = harness("results", "tag", NEW, "good", "--delete")
    assert gone.err == f"run {NEW} was called good\n"
    again = harness("results", "tag", NEW, "good", "--delete")
    assert again.err == f"run {NEW} is not called good\n"
    assert listed(harness, "--tag", "good") == []


@pytest.mark.parametrize("name", ["last", "last~2", "2026-11-21", "", "two words", "-x"])
def test_names_that_mean_something_else_are_no_tags(
    harness: CommandLine, kept: Store, name: str
) -> None:
    ended = harness("results", "tag", "last", "--", name)
    assert ended.code == 2
    assert f"ConfigError: harness results tag: {name!r} cannot be a tag\n  -> Take " in ended.err
    assert kept.tags() == {}


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_export_and_import_bring_everything_elsewhere(
    harness: CommandLine, kept: Store, suffix: str
) -> None:
    file = f"all.{suffix}"
    ended = harness("results", "export", file, "--raw", "all.raw")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == (
        f"wrote 5 cases to {file}\n"
        "raw data in all.raw: copied: 1, there already: 0, not kept here: 0\n"
    )
    there = ("--results-db", "elsewhere.db")
    ended = harness("results", "import", file, "--raw", "all.raw", *there)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == (
        f"{file}: runs added: 3, cases added: 5, there already: 0\n"
        f"{file}: raw data added: 1, nowhere: 0\n"
    )
    other = open_store("elsewhere.db")
    assert list(other.records()) == list(kept.records())
    assert list(other.raw.hashes(0)) == list(kept.raw.hashes(0))
    again = harness("results", "import", file, *there)
    assert again.err == f"{file}: runs added: 0, cases added: 0, there already: 5\n"
    assert listed(harness, *there) == [OLD, MIDDLE, NEW]


def test_export_says_that_raw_data_stays(harness: CommandLine, kept: Store) -> None:
    ended = harness("results", "export", "a.csv")
    assert ended.err == (
        "wrote 5 cases to a.csv\nnot copied without --raw FOLDER: raw data, 1 pieces\n"
    )
    assert harness("results", "export", "b.csv", OLD).err == "wrote 2 cases to b.csv\n"


def test_export_of_some(harness: CommandLine, kept: Store) -> None:
    harness("results", "export", "a.csv", "aaaa", "last~1", "--model", "kws", "-t", "mps2-an500")
    with Path("a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["run_id"], row["model"]) for row in rows] == [(OLD, "kws"), (MIDDLE, "kws")]
    assert (
        harness("results", "export", "b.csv", "-k", "reference").err == "wrote 0 cases to b.csv\n"
    )


def test_a_file_of_something_else_is_not_taken_in(harness: CommandLine, kept: Store) -> None:
    Path("other.csv").write_text("model,instructions\nkws,1\n", encoding="utf-8")
    ended = harness("results", "import", "other.csv")
    assert ended.code == 8
    assert ended.err == (
        "CorruptRecord: other.csv: the file is no CSV of cases: it has no column `run_id`\n"
        "  -> Give a file that `harness results export` wrote.\n"
    )
    assert kept.count() == 5


def test_prune_tells_first_and_deletes_when_told(harness: CommandLine, kept: Store) -> None:
    kept.tag(OLD, "good")
    told = harness("results", "prune", "--keep-last", "1")
    assert told.code == 0
    assert told.out == f"{MIDDLE}  2024-05-18 08:30  harness run --target mps2-an500\n"
    assert told.err == "to be deleted with --yes: 1\n"
    assert listed(harness) == [OLD, MIDDLE, NEW]
    done = harness("results", "prune", "--keep-last", "1", "--yes")
    assert done.err == "deleted: runs 1, cases 2, raw data 0.0 MiB\n"
    assert listed(harness) == [OLD, NEW]
    assert kept.count() == 3


def test_prune_by_age_keeps_what_is_young(harness: CommandLine, kept: Store) -> None:
    kept.begin(run_info(id="dddd4444", started=datetime.now(UTC) - timedelta(days=3)))
    kept.add("dddd4444", case_record(readings=readings(accuracy(0.5))))
    harness("results", "prune", "--older-than", "10", "--yes")
    assert listed(harness) == ["dddd4444"]
    harness("results", "prune", "--older-than", "1", "--keep-last", "1", "--yes")
    assert listed(harness) == ["dddd4444"]


def test_prune_without_a_condition_is_refused(harness: CommandLine, kept: Store) -> None:
    ended = harness("results", "prune", "--yes")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "ConfigError: harness results prune: nothing says which runs may go\n"
        "  -> Give --older-than DAYS, --keep-last N, or both.\n"
    )
    assert kept.count() == 5


LOOKING = (
    ["results", "list"],
    ["results", "show", "last"],
    ["results", "export", "a.csv"],
    ["results", "tag", "last", "x"],
    ["results", "prune", "--keep-last", "1"],
    ["compare"],
    ["regress", "last~1", "last"],
    ["baseline", "write", "b.json"],
    ["estimate", "cycles"],
    ["report"],
    ["power", "plot", "abcd"],
)


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
@pytest.mark.parametrize("place", ["no/such.db", "sqlite:///none.db"])
def test_looking_makes_no_database(
    harness: CommandLine, folder: Path, words: list[str], place: str
) -> None:
    ended = harness(*words, "--results", place)
    told = " ".join(ended.err.split())
    assert ended.code == 8
    assert f"{place}: there are no results" in told
    assert "Measure something first (`harness run`), or name a database with --results." in told
    assert [path.name for path in folder.iterdir()] == []


def test_importing_makes_one(harness: CommandLine, kept: Store) -> None:
    assert harness("results", "export", "a.jsonl").code == 0
    assert harness("results", "import", "a.jsonl", "--results", "new.db").code == 0
    assert listed(harness, "--results", "new.db") == [OLD, MIDDLE, NEW]


def test_what_ctrl_c_ended_and_resume_measured_is_one_case(
    harness: CommandLine, kept: Store
) -> None:
    """What failed by itself stays, also where it was measured again."""
    run = "eeee5555"
    kept.begin(run_info(id=run, started=STARTED + timedelta(days=9)))
    stopped = {"error_class": "KeyboardInterrupt", "error_message": "interrupted"}
    for record in (
        failed_record(dataset=None, inputs=None, **stopped),
        case_record(),
        failed_record(model="vww"),
        case_record(model="vww"),
        failed_record(model="ad", **stopped),
    ):
        kept.add(run, record)
    (row,) = json.loads(harness("results", "list", "--last", "1", "--json").out)
    assert (row["cases"], row["failed"]) == (4, 2)
    cases = json.loads(harness("results", "show", run, "--json").out)["cases"]
    assert [(case["model"], case["status"]) for case in cases] == [
        ("kws", "ok"),
        ("vww", "failed"),
        ("vww", "ok"),
        ("ad", "failed"),
    ]
    assert "2 of 4 cases ended well" in harness("report", "--run", run).out
