"""Raw data that contradicts itself is an error, and what was not kept is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders.records import case_record

from harness.domain.record import CaseRecord
from harness.errors import CorruptRecord
from harness.results import open_store
from harness.results.case_pictures import CURRENT, confusion_of, current_of
from harness.results.case_raw import ANSWERS
from harness.results.raw import RawStore

OUTPUTS = np.array([[-5, 3, 3], [1, 0, -1], [0, 1, 127]], dtype=np.int8).view(np.uint8)
LABELS = np.array([2, 0, 2], dtype=np.int64)
ELEMENT = np.array("int8")


@pytest.fixture
def raw(tmp_path: Path) -> RawStore:
    return open_store(tmp_path / "harness.db").raw


def record(raw: RawStore, kind: str, **arrays: Any) -> CaseRecord:
    return case_record(raw=((kind, raw.put(kind, arrays)),))


def test_rows_are_labels_and_the_first_of_equal_outputs_wins(raw: RawStore) -> None:
    kept = record(raw, ANSWERS, outputs=OUTPUTS, labels=LABELS, element=ELEMENT)
    counts = confusion_of(raw, kept)
    assert counts is not None
    assert counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]


def test_what_was_not_kept_is_none(raw: RawStore) -> None:
    assert confusion_of(raw, case_record()) is None
    assert confusion_of(raw, record(raw, ANSWERS, outputs=OUTPUTS)) is None
    assert current_of(raw, case_record()) is None


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"labels": np.array([3, 0, 0])}, "the labels do not fit the outputs"),
        ({"labels": np.array([-1, 0, 0])}, "the labels do not fit the outputs"),
        ({"labels": np.array([0, 0])}, "the labels do not fit the outputs"),
        ({"element": np.array("int16")}, "the outputs are not of their type"),
        ({"element": np.array("no type")}, "the outputs are not of their type"),
    ],
)
def test_answers_that_contradict_themselves(
    raw: RawStore, changes: dict[str, Any], what: str
) -> None:
    arrays = {"outputs": OUTPUTS, "labels": LABELS, "element": ELEMENT} | changes
    with pytest.raises(CorruptRecord, match=what) as raised:
        confusion_of(raw, record(raw, ANSWERS, **arrays))
    assert raised.value.where == "kws on mps2-an500"
    assert raised.value.hint == "Delete it, and measure the case again."


@pytest.mark.parametrize(
    ("arrays", "what"),
    [
        ({"seconds": np.zeros(2)}, "the trace lacks seconds, amperes or windows"),
        (
            {"seconds": np.zeros(2), "amperes": np.zeros(3), "windows": np.zeros((1, 2))},
            "the trace's arrays do not fit together",
        ),
        (
            {"seconds": np.zeros(2), "amperes": np.zeros(2), "windows": np.zeros(2)},
            "the trace's arrays do not fit together",
        ),
    ],
)
def test_traces_that_contradict_themselves(
    raw: RawStore, arrays: dict[str, Any], what: str
) -> None:
    with pytest.raises(CorruptRecord, match=what):
        current_of(raw, record(raw, CURRENT, **arrays))
