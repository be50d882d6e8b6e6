"""Raw data goes with cases to a folder and into another database, whole, and each content once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builders.records import case_record, run_info

from harness.domain.selection import CaseFilter, TakenIn
from harness.errors import CorruptRecord
from harness.results import Store, open_store
from harness.results.exchange import export_cases, import_cases
from harness.results.raw_copy import RawCopied, copy_raw, references
from harness.results.raw_folder import RawFolder

TICKS = np.array([[10, 11], [12, 13]], dtype=np.uint64)


@pytest.fixture
def source(database: str) -> Store:
    """Three cases, of which two share their answers; one refers to what is nowhere."""
    store = open_store(database)
    run = store.begin(run_info())
    answers = store.raw.put("answers", {"ticks": TICKS})
    profile = store.raw.put("profile", {"ticks": TICKS})
    store.add(run, case_record(raw=(("answers", answers), ("profile", profile))))
    store.add(run, case_record(model="other", raw=(("answers", answers),)))
    store.add(run, case_record(model="pruned", raw=(("answers", "12" * 32),)))
    return store


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_raw_data_goes_by_a_folder_to_another_database(
    source: Store, tmp_path: Path, suffix: str
) -> None:
    file, folder = tmp_path / f"cases.{suffix}", RawFolder(tmp_path / "cases.raw")
    export_cases(source, file, CaseFilter())
    wanted = references(source, CaseFilter())
    assert len(wanted) == 3
    assert copy_raw(wanted, source.raw, folder) == RawCopied(copied=2, known=0, missing=1)
    assert copy_raw(wanted, source.raw, folder) == RawCopied(copied=0, known=2, missing=1)
    store = open_store(tmp_path / "other.db")
    assert import_cases(store, file, folder) == TakenIn(1, 3, 0, raw_added=2, raw_missing=1)
    assert import_cases(store, file, folder) == TakenIn(0, 0, 3, raw_added=0, raw_missing=1)
    first, *_ = store.records()
    for _, sha256 in first.record.raw:
        assert store.raw.get(sha256)["ticks"].tolist() == TICKS.tolist()
    assert sorted(store.raw.hashes(0)) == sorted(sha256 for _, sha256 in first.record.raw)


def test_raw_data_comes_later_for_cases_that_are_there(source: Store, tmp_path: Path) -> None:
    file, folder = tmp_path / "cases.jsonl", RawFolder(tmp_path / "cases.raw")
    export_cases(source, file, CaseFilter())
    copy_raw(references(source, CaseFilter()), source.raw, folder)
    store = open_store(tmp_path / "other.db")
    assert import_cases(store, file) == TakenIn(1, 3, 0)
    assert list(store.raw.hashes(0)) == []
    assert import_cases(store, file, folder) == TakenIn(0, 0, 3, raw_added=2, raw_missing=1)


def test_only_what_the_chosen_cases_refer_to(source: Store) -> None:
    (other,) = references(source, CaseFilter(models=("other",)))
    assert other[0] == "answers"
    assert references(source, CaseFilter(models=("none",))) == []


def test_what_is_damaged_on_its_way_is_not_taken_in(source: Store, tmp_path: Path) -> None:
    file, folder = tmp_path / "cases.jsonl", tmp_path / "cases.raw"
    export_cases(source, file, CaseFilter(models=("other",)))
    wanted = references(source, CaseFilter(models=("other",)))
    copy_raw(wanted, source.raw, RawFolder(folder))
    (content,) = folder.glob("??/*.npz")
    content.write_bytes(content.read_bytes()[:-30])
    store = open_store(tmp_path / "other.db")
    with pytest.raises(CorruptRecord, match="does not unpack") as caught:
        import_cases(store, file, RawFolder(folder))
    assert caught.value.hint == "Delete it, or restore it from a copy."
    assert not store.raw.has(wanted[0][1])
