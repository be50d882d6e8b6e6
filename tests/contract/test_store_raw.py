"""Raw data comes back as it was, is kept once, and is told when it is damaged or gone."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from builders.records import KERNELS, STARTED, case_record, run_info
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.typing import NDArray

from harness.domain.observation import OperatorCount
from harness.errors import CorruptRecord, StoreError
from harness.results import Store, open_store
from harness.results.case_raw import (
    answers_arrays,
    operator_counts_of,
    profile_arrays,
    samples_of,
)
from harness.results.pruning import prunable, prune
from harness.results.raw import pack, unpack

TICKS = np.array([[10, 11], [12, 13]], dtype=np.uint64)
OUTPUTS = np.arange(20, dtype=np.uint8).reshape(2, 10)
ANSWERS = answers_arrays(OUTPUTS, TICKS, 40.0)


@pytest.fixture
def store(database: str) -> Store:
    return open_store(database)


def test_arrays_come_back_as_they_were(store: Store, database: str) -> None:
    sha256 = store.raw.put("answers", ANSWERS)
    back = open_store(database).raw.get(sha256)
    assert back.keys() == ANSWERS.keys()
    for name, array in back.items():
        assert array.dtype == ANSWERS[name].dtype
        assert np.array_equal(array, ANSWERS[name])
    assert store.raw.has(sha256)
    assert not store.raw.has("0" * 64)


def test_the_same_content_is_kept_once(store: Store) -> None:
    first = store.raw.put("answers", ANSWERS)
    assert store.raw.put("answers", dict(reversed(ANSWERS.items()))) == first
    assert list(store.raw.hashes(0)) == [first]
    others = {
        store.raw.put("profile", ANSWERS),
        store.raw.put("answers", {**ANSWERS, "ticks": TICKS.ravel()}),
        store.raw.put("answers", {**ANSWERS, "ticks": TICKS.astype(np.int64)}),
    }
    assert len({first, *others}) == 4


def test_many_may_keep_the_same_at_once(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: store.raw.put("answers", ANSWERS), range(8)))
    assert len(set(found)) == 1
    assert list(store.raw.hashes(0)) == found[:1]
    assert store.raw.get(found[0])["ticks"].tolist() == TICKS.tolist()


@pytest.mark.parametrize("sha256", ["0" * 64, "../../etc/passwd", ""])
def test_what_is_not_there_is_told(store: Store, sha256: str) -> None:
    with pytest.raises(StoreError, match=f"there is no raw data {sha256[:12]}") as caught:
        store.raw.get(sha256)
    assert caught.value.hint.startswith("Copy it from where the run was measured")


@given(
    st.dictionaries(
        st.text("abcxyz_", min_size=1),
        arrays_of.arrays(
            st.sampled_from([np.uint8, np.int16, np.uint64, np.float64, np.bool_]),
            arrays_of.array_shapes(min_dims=0, min_side=0),
        ),
        max_size=3,
    )
)
def test_any_arrays_survive_packing(arrays: Mapping[str, NDArray[np.generic]]) -> None:
    sha256, content = pack("any", arrays)
    back = unpack(sha256, content, "here")
    assert back.keys() == arrays.keys()
    assert all(np.array_equal(back[n], arrays[n], equal_nan=arrays[n].dtype == np.float64)
               for n in arrays)  # fmt: skip


@given(st.data())
def test_a_changed_byte_is_never_taken_for_data(data: st.DataObject) -> None:
    """It is told, or (in the parts of the file that hold no content) it makes no difference."""
    sha256, content = pack("answers", ANSWERS)
    changed = bytearray(content)
    place = data.draw(st.integers(0, len(content) - 1))
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        back = unpack(sha256, bytes(changed), "here")
    except CorruptRecord:
        return
    assert np.array_equal(back["outputs"], OUTPUTS)
    assert np.array_equal(back["ticks"], TICKS)


def test_objects_are_not_taken() -> None:
    with pytest.raises(ValueError, match="Object arrays"):
        pack("answers", {"a": np.array([object()], dtype=object)})
    with pytest.raises(ValueError, match="cannot be called `kind`"):
        pack("answers", {"kind": TICKS})


def test_it_is_compact() -> None:
    """Counts of a simulator hardly vary: a thousand of them and their outputs take little."""
    ticks = np.full((1000, 1), 190_704, dtype=np.uint64)
    _, content = pack("answers", answers_arrays(np.zeros((1000, 12), np.uint8), ticks, 40.0))
    assert len(content) < 2000


def test_files_appear_whole_and_leave_nothing_behind(tmp_path: Path) -> None:
    store = open_store(tmp_path / "harness.db")
    sha256 = store.raw.put("answers", ANSWERS)
    files = [path for path in (tmp_path / "harness.db.raw").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [f"{sha256}.npz"]
    files[0].write_bytes(files[0].read_bytes()[:-30])
    with pytest.raises(CorruptRecord, match="does not unpack") as caught:
        store.raw.get(sha256)
    assert caught.value.where == str(files[0])


# What a case says of its raw data


def test_samples_and_operator_counts_of_a_record(store: Store) -> None:
    profile = profile_arrays(KERNELS, (5, 3, 2, 1), 0, 40.0)
    raw = (
        ("answers", store.raw.put("answers", ANSWERS)),
        ("profile", store.raw.put("profile", profile)),
    )
    store.add(store.begin(run_info()), case_record(raw=raw))
    (stored,) = store.records()
    samples = samples_of(store.raw, stored.record)
    assert samples is not None
    assert samples.tolist() == [[400.0, 440.0], [480.0, 520.0]]
    assert operator_counts_of(store.raw, stored.record) == (
        OperatorCount(0, "CONV_2D", ("arm_convolve_wrapper_s8",), 200.0),
        OperatorCount(1, "FULLY_CONNECTED", ("reference/fully_connected.c",), 120.0),
        OperatorCount(2, "FULLY_CONNECTED", ("reference/fully_connected.c",), 80.0),
        OperatorCount(3, "SOFTMAX", ("reference/softmax.c",), 40.0),
    )


def test_a_case_without_raw_data_has_none(store: Store) -> None:
    assert samples_of(store.raw, case_record()) is None
    assert operator_counts_of(store.raw, case_record()) == ()


def test_raw_data_of_something_else_is_told(store: Store) -> None:
    record = case_record(raw=(("profile", store.raw.put("profile", ANSWERS)),))
    with pytest.raises(CorruptRecord, match="the raw data lacks index, operator") as caught:
        operator_counts_of(store.raw, record)
    assert caught.value.hint == "Delete it, and measure the case again."


# Pruning


@pytest.fixture
def three(store: Store) -> Store:
    """Runs of three days; the first two share raw data, each has some of its own."""
    shared = store.raw.put("answers", ANSWERS)
    for day, name in enumerate(("one", "two", "three")):
        store.begin(run_info(id=name, started=STARTED + timedelta(days=day)))
        own = store.raw.put("profile", {"day": np.array(day)})
        raw = (("answers", shared), ("profile", own)) if day < 2 else (("profile", own),)
        store.add(name, case_record(raw=raw))
    return store


def names(store: Store, **conditions: object) -> list[str]:
    return [run.id for run in prunable(store, **conditions)]  # type: ignore[arg-type]


def test_age_and_count_say_what_may_go_and_a_tag_keeps(three: Store) -> None:
    later = STARTED + timedelta(days=1)
    assert names(three, before=later) == ["one"]
    assert names(three, keep_last=1) == ["one", "two"]
    assert names(three, keep_last=0) == ["one", "two", "three"]
    assert names(three, before=later, keep_last=3) == []
    three.tag("one", "baseline")
    assert names(three, keep_last=1) == ["two"]


def test_pruning_takes_raw_data_that_nobody_needs(three: Store) -> None:
    runs = {run.id: run for run in three.runs()}
    done = prune(three, [runs["one"]], grace_s=0)
    assert (done.runs, done.cases, done.raw_bytes > 0) == (1, 1, True)
    assert [run.id for run in three.runs()] == ["two", "three"]
    assert len(list(three.raw.hashes(0))) == 3
    for stored in three.records():
        assert all(three.raw.has(sha256) for _, sha256 in stored.record.raw)
    assert prune(three, [runs["one"]], grace_s=0).runs == 0  # gone already
    assert prune(three, [runs["two"]], grace_s=0).runs == 1
    assert len(list(three.raw.hashes(0))) == 1


def test_young_raw_data_may_be_about_to_be_referred_to(three: Store) -> None:
    assert prune(three, three.runs()).raw_bytes == 0
    assert len(list(three.raw.hashes(0))) == 4


def test_a_run_that_got_a_tag_meanwhile_stays(three: Store) -> None:
    chosen = prunable(three, keep_last=0)
    three.tag("two", "baseline")
    assert prune(three, chosen).runs == 2
    assert [run.id for run in three.runs()] == ["two"]


def test_what_is_put_again_is_young_again(tmp_path: Path) -> None:
    store = open_store(tmp_path / "harness.db")
    sha256 = store.raw.put("answers", ANSWERS)
    (path,) = (tmp_path / "harness.db.raw").rglob("*.npz")
    os.utime(path, (time.time() - 7200,) * 2)
    assert list(store.raw.hashes(3600)) == [sha256]
    store.raw.put("answers", ANSWERS)
    assert list(store.raw.hashes(3600)) == []
