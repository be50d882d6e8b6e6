"""Runs and cases are found by what is asked for, on each kind of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from builders.records import NO_LABELS, STARTED, case_record, failed_record, readings, run_info

from harness.domain.record import CaseStatus
from harness.domain.selection import CaseFilter, RunFilter
from harness.errors import ConfigError, StoreError, UnknownRun
from harness.results import Store, open_store
from harness.results.kept import is_kept, open_kept
from harness.results.overview import overview
from harness.results.tagging import require_tag

DAY = timedelta(days=1)
# Four runs on days in a row; the third was begun earlier than it was kept.
RUNS = {
    "aaaa1111": {"started": STARTED, "git_commit": "c0ffee" * 6 + "0000"},
    "aaaa2222": {"started": STARTED + 2 * DAY, "git_commit": "c0ffee" * 6 + "1111"},
    "bbbb3333": {"started": STARTED + DAY, "git_commit": None, "git_dirty": None},
    "%_'\\%444": {"started": STARTED + 3 * DAY, "git_commit": "ab" * 20},
}


@pytest.fixture
def store(database: str) -> Store:
    store = open_store(database)
    for name, fields in RUNS.items():
        store.begin(run_info(id=name, **fields))
    return store


def found(store: Store, **conditions: Any) -> list[str]:
    return [run.id[:4] + run.id[-1] for run in store.runs(RunFilter(**conditions))]


A, B, C, D = "aaaa1", "aaaa2", "bbbb3", "%_'\\4"


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, [A, B, C, D]),
        ({"id_prefix": "aaaa"}, [A, B]),
        ({"id_prefix": "%"}, [D]),
        ({"id_prefix": "_"}, []),
        ({"git_prefix": "c0ffee"}, [A, B]),
        ({"git_prefix": "c0ffee" * 6 + "1"}, [B]),
        ({"since": STARTED + DAY}, [B, C, D]),
        ({"until": STARTED + DAY}, [A]),
        ({"since": STARTED + DAY, "until": STARTED + 2 * DAY}, [C]),
        ({"last": 1}, [D]),
        ({"last": 2}, [B, D]),
        ({"last": 9}, [A, B, C, D]),
        ({"last": 1, "git_prefix": "c0ffee"}, [B]),
        ({"tag": "gone"}, []),
    ],
)
def test_runs_by_condition(store: Store, conditions: dict[str, Any], expected: list[str]) -> None:
    assert found(store, **conditions) == expected


def test_whole_seconds_sort_before_their_fractions(database: str) -> None:
    """As text the fraction stands where the zone would: only a comparison byte by byte is right."""
    store = open_store(database)
    second = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
    for name, started in (("c", second + timedelta(microseconds=1)), ("b", second)):
        store.begin(run_info(id=name, started=started))
    assert found(store, until=second + timedelta(microseconds=1)) == ["bb"]
    assert found(store, since=second + timedelta(microseconds=1)) == ["cc"]
    last = store.last_run()
    assert last is not None
    assert last.id == "c"


def test_tags_are_given_moved_and_taken(store: Store) -> None:
    store.tag("aaaa1111", "nightly")
    store.tag("aaaa2222", "nightly")
    store.tag("aaaa2222", "nightly")  # twice is once
    store.tag("aaaa2222", "baseline")
    assert found(store, tag="nightly") == [A, B]
    assert store.tags() == {"aaaa1111": ("nightly",), "aaaa2222": ("baseline", "nightly")}
    store.tag("bbbb3333", "nightly", move=True)
    assert found(store, tag="nightly") == [C]
    assert store.untag("bbbb3333", "nightly")
    assert not store.untag("bbbb3333", "nightly")
    assert store.tags() == {"aaaa2222": ("baseline",)}
    with pytest.raises(StoreError, match="there is no run 'cccc'"):
        store.tag("cccc", "nightly")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("last", [D]),
        ("last~1", [B]),
        ("last~3", [A]),
        ("best", [A, C]),
        ("aaaa1", [A]),
        ("bbbb", [C]),
        ("c0ffee", [A, B]),
        ("2024-05-18", [C]),
        ("%_'\\%444", [D]),
    ],
)
def test_what_a_user_calls_runs(store: Store, name: str, expected: list[str]) -> None:
    store.tag("aaaa1111", "best")
    store.tag("bbbb3333", "best")
    assert [run.id[:4] + run.id[-1] for run in store.resolve(name)] == expected


@pytest.mark.parametrize("name", ["", "last~4", "best", "dddd", "aaa", "2024-05-30", "2024-13-01"])
def test_a_name_that_means_no_run_is_told(store: Store, name: str) -> None:
    with pytest.raises(UnknownRun) as caught:
        store.resolve(name)
    assert caught.value.what == f"no run is called {name!r}"
    assert caught.value.hint.startswith("Give `last`, a tag, the beginning of an id")


def test_a_beginning_that_several_ids_have_is_told(store: Store) -> None:
    with pytest.raises(UnknownRun, match="2 runs have an id that begins with aaaa") as caught:
        store.resolve("aaaa")
    assert caught.value.hint == "Give more of its characters (`harness results list`)."


@pytest.mark.parametrize("name", ["last", "last~2", "2024-05-17", "", "-x", "a b", "a" * 101])
def test_tags_that_mean_something_else_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a tag") as caught:
        require_tag(name)
    assert caught.value.hint.startswith("Take letters, digits and")


def test_a_usual_tag_is_taken() -> None:
    for name in ("baseline", "v1.2", "release/2024-05", "nightly_3"):
        require_tag(name)


# Cases


@pytest.fixture
def filled(store: Store) -> Store:
    """Eight cases in two runs, of which one failed and one has no labels."""
    for position in range(8):
        record = case_record(
            target_id=f"target-{position % 2}",
            model=f"model-{position // 4}",
            kernel_set="reference" if position % 4 < 2 else "cmsis-nn",
            started=STARTED + position * DAY,
            readings=readings(NO_LABELS) if position == 1 else readings(),
        )
        store.add("aaaa1111" if position < 5 else "bbbb3333", record)
    store.add("bbbb3333", failed_record(model="model-9", started=STARTED + 8 * DAY))
    return store


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (CaseFilter(), range(9)),
        (CaseFilter(runs=()), []),
        (CaseFilter(runs=("bbbb3333",)), [5, 6, 7, 8]),
        (CaseFilter(runs=("bbbb3333", "aaaa1111"), models=("model-1",)), [4, 5, 6, 7]),
        (CaseFilter(targets=("target-1",)), [1, 3, 5, 7]),
        (CaseFilter(kernel_sets=("reference",), targets=("target-0", "target-1")), [0, 1, 4, 5]),
        (CaseFilter(variants=("O3",)), []),
        (CaseFilter(datasets=("mlperf:kws01",), models=("model-0",)), [0, 1, 2, 3]),
        (CaseFilter(status=CaseStatus.FAILED), [8]),
        (CaseFilter(since=STARTED + 6 * DAY), [6, 7, 8]),
        (CaseFilter(since=STARTED + DAY, until=STARTED + 3 * DAY), [1, 2]),
    ],
)
def test_cases_by_condition(filled: Store, where: CaseFilter, expected: range | list[int]) -> None:
    """By query and by frame alike, with the run each belongs to."""
    cases = list(filled.records(where))
    assert [(one.record.started - STARTED).days for one in cases] == list(expected)
    assert filled.count(where) == len(cases)
    table = filled.frame(where)
    assert list(table["case_id"] if len(cases) else []) == [one.id for one in cases]
    assert {one.run.id for one in cases} == set(table["run_id"])


def test_cases_come_in_order_whatever_the_batch(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.results.store._BATCH", 3)
    for position in range(9):  # a whole number of batches
        store.add("aaaa1111", case_record(repeats=position + 1))
    assert [one.record.repeats for one in store.records()] == list(range(1, 10))
    store.add("aaaa1111", case_record(repeats=10))
    assert [one.record.repeats for one in store.records()] == list(range(1, 11))


def test_a_frame_has_columns_and_readings(filled: Store) -> None:
    table = filled.frame(CaseFilter(runs=("aaaa1111",)))
    assert len(table) == 5
    assert table["instructions"].tolist() == [7_628_160.0] * 5
    assert table["accuracy"].isna().tolist() == [False, True, False, False, False]
    assert table["accuracy_reason"].iloc[1] == "no labels"
    assert table["vectors_equal_n"].iloc[0] == 1000
    assert table["instructions_resolution"].iloc[0] == 40
    assert set(table["instructions_unit"]) == {"instructions"}
    first = table.iloc[0]
    assert first["started"] == pd.Timestamp(STARTED)
    assert first["run_started"] == pd.Timestamp(STARTED)
    assert first["git_commit"] == "c0ffee" * 6 + "0000"
    assert (first["flags"], first["macs"]) == ("-O2 -mcpu=cortex-m7", 2_656_768)


def test_a_frame_is_the_same_whatever_the_batch(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = filled.frame()
    for batch in (1, 3):
        monkeypatch.setattr("harness.results.frame._BATCH", batch)
        part = filled.frame()
        pd.testing.assert_frame_equal(part[whole.columns], whole)
        assert set(part.columns) == set(whole.columns)


def test_a_failed_case_has_a_row_without_numbers(filled: Store) -> None:
    table = filled.frame(CaseFilter(models=("model-1", "model-9"), since=STARTED + 7 * DAY))
    assert table["status"].tolist() == ["ok", "failed"]
    assert table["instructions"].isna().tolist() == [False, True]
    assert table["error_class"].tolist()[1] == "SimulatorDied"


def test_a_frame_of_chosen_columns(filled: Store) -> None:
    table = filled.frame(columns=("model", "target_id"))
    assert list(table.columns)[:2] == ["model", "target_id"]
    assert "flags" not in table
    assert "instructions" in table
    with pytest.raises(StoreError, match="cases have no column 'colour'") as caught:
        filled.frame(columns=("colour",))
    assert caught.value.hint.startswith("Choose among run_id, run_started, ")


def test_a_frame_of_nothing_is_empty(store: Store) -> None:
    assert len(store.frame()) == 0
    assert list(store.records()) == []


def test_runs_at_a_glance(filled: Store) -> None:
    filled.tag("bbbb3333", "best")
    seen = {one.run.id: (one.tags, one.cases, one.failed) for one in overview(filled, RunFilter())}
    assert seen == {
        "aaaa1111": ((), 5, 0),
        "aaaa2222": ((), 0, 0),
        "bbbb3333": (("best",), 4, 1),
        "%_'\\%444": ((), 0, 0),
    }
    assert [one.cases for one in overview(filled, RunFilter(tag="best"))] == [4]


def test_looking_at_an_empty_database_makes_nothing_in_it(database: str) -> None:
    assert not is_kept(database)
    with pytest.raises(StoreError, match="there are no results"):
        open_kept(database)
    assert not is_kept(database)
    open_store(database)
    assert is_kept(database)
    assert open_kept(database).runs() == []
