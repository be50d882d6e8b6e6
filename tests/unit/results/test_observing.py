"""Kept runs as observations: with raw data, without it, and with the history before them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from builders.observations import board_record
from builders.records import KERNELS, STARTED, case_record, run_info

from harness.domain.observation import OperatorCount
from harness.domain.record import CaseRecord
from harness.errors import ConfigError, UnknownRun
from harness.results import Store, open_store
from harness.results.case_raw import ANSWERS, PROFILE, answers_arrays, profile_arrays
from harness.results.comparability import differences, key_of
from harness.results.observing import history_before, observations_called, observations_of

TICKS = np.array([[1000, 1004], [1002, 1006]], dtype=np.uint64)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "results.db")


def add(store: Store, place: int, *records: CaseRecord) -> None:
    run = run_info(id=f"{place}abc" * 8, started=STARTED + timedelta(days=place))
    store.begin(run)
    for record in records:
        store.add(run.id, record)


def no_git(_: str) -> None:
    return None


def test_single_values_of_a_board_and_counts_of_operators_come_from_raw_data(store: Store) -> None:
    answers = answers_arrays(np.zeros((2, 1), np.uint8), TICKS, 1.0)
    counts = profile_arrays(KERNELS, [400, 300, 200, 100], 0, 1.0)
    kept = ((ANSWERS, store.raw.put(ANSWERS, answers)), (PROFILE, store.raw.put(PROFILE, counts)))
    add(store, 0, board_record([1000, 1006], raw=kept))
    (one,) = observations_of(store, store.runs())
    assert one.samples == {"cycles": [1000, 1004, 1002, 1006]}
    assert one.operators[0] == OperatorCount(0, "CONV_2D", ("arm_convolve_wrapper_s8",), 400.0)
    assert one.source == "0abc0abc of 2024-05-17 (5f0c5f0c)"


def test_raw_data_that_was_left_behind_leaves_the_record(store: Store) -> None:
    add(store, 0, board_record([1000, 1006], raw=((ANSWERS, "ab" * 32),), operator_kernels=KERNELS))
    (one,) = observations_of(store, store.runs())
    assert one.samples == {}
    assert [operator.count for operator in one.operators] == [None] * 4


def test_history_is_of_earlier_runs_with_the_same_key(store: Store) -> None:
    add(store, 0, board_record([1000]), board_record([7], compiler="clang"))
    add(store, 1, board_record([1030]))
    add(store, 2, board_record([1000]))
    last = observations_called("last", lambda: store, commit_of=no_git)[1]
    found = history_before(store, last, ["cycles"])
    assert found == {(last[0].key.case, "cycles"): [1000.0, 1030.0]}
    assert history_before(store, [], ["cycles"]) == {}


def test_a_commit_of_several_runs_is_one_set_of_cases(store: Store) -> None:
    add(store, 0, case_record())
    add(store, 1, case_record(model="vww"))
    label, found = observations_called("5f0c", lambda: store, commit_of=no_git)
    assert label == "5f0c (2 runs)"
    assert [one.key.model for one in found] == ["kws", "vww"]
    named = observations_called("v1.0", lambda: store, commit_of=lambda _: "5f0c" * 10)
    assert len(named[1]) == 2


def test_what_names_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnknownRun, match="no run is called 'v9'"):
        observations_called("v9", lambda: store, commit_of=no_git)
    with pytest.raises(UnknownRun, match="no run is of commit 999999999999 \\(v9\\)") as caught:
        observations_called("v9", lambda: store, commit_of=lambda _: "9" * 40)
    assert caught.value.hint.startswith("Measure that commit")
    with pytest.raises(ConfigError, match="there is no baseline in"):
        observations_called("baseline", lambda: store, commit_of=no_git, folder=tmp_path)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target_id": "x"}, "target"),
        ({"clock_hz": 1}, "clock_hz"),
        ({"counter_name": "x"}, "counter"),
        ({"counter_resolution": 1.0}, "resolution"),
        ({"compiler": "x"}, "compiler"),
        ({"flags": "x"}, "flags"),
        ({"kernel_set": "x"}, "kernel_set"),
        ({"variant": "x"}, "variant"),
        ({"model_sha256": "x"}, "model_sha256"),
        ({"dataset_sha256": "x"}, "dataset_sha256"),
        ({"inputs": 1}, "inputs"),
        ({"repeats": 2}, "repeats"),
        ({"warmup": 0}, "warmup"),
        ({"library_tree_hash": "x"}, "library_tree"),
        ({"tool_versions": (("qemu", "8.0"),)}, "simulator"),
        ({"board_serial": "066BFF"}, "board"),
        ({"caches": "off"}, "caches"),
        ({"protocol_version": 3}, "protocol"),
    ],
)
def test_every_condition_is_in_the_key(change: dict[str, object], field: str) -> None:
    found = differences(key_of(case_record()), key_of(case_record(**change)))
    assert [one.field for one in found] == [field]


@pytest.mark.parametrize("name", ["harness", "pyocd", "litert", "q7-simulation"])
def test_tools_that_change_no_number_are_not(name: str) -> None:
    one, other = (case_record(tool_versions=(("qemu", "7"), (name, v))) for v in ("8", "9"))
    assert differences(key_of(one), key_of(other)) == ()
