"""Raw data of a case as what a report draws: right and wrong answers, and current over time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.record import CaseRecord
from harness.errors import CorruptRecord
from harness.results.case_raw import ANSWERS
from harness.results.raw import RawStore

CURRENT = "current"


def confusion_of(raw: RawStore, record: CaseRecord) -> NDArray[np.int64] | None:
    """Inputs by label (row) and largest output (column); None where labels were not kept.

    The arrays of kind `answers` are `outputs`, shape (inputs, bytes of the output tensor), and
    beside them `labels`, shape (inputs,), and `element`, the element type's name in numpy. Of equal
    outputs the first wins.

    Raises:
        StoreError, CorruptRecord: it was kept, and cannot be read or contradicts itself.
    """
    arrays = _arrays(raw, record, ANSWERS)
    if arrays is None or not {"outputs", "labels", "element"} <= arrays.keys():
        return None
    labels = np.asarray(arrays["labels"])
    try:
        outputs = np.ascontiguousarray(arrays["outputs"]).view(np.dtype(str(arrays["element"])))
    except (TypeError, ValueError) as error:
        raise _corrupt(f"the outputs are not of their type ({error})", record) from error
    classes = outputs.shape[-1]
    known = labels.shape == outputs.shape[:1] and np.all((labels >= 0) & (labels < classes))
    if not known:
        raise _corrupt("the labels do not fit the outputs", record)
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, outputs.argmax(axis=-1)), 1)
    return counts


def current_of(raw: RawStore, record: CaseRecord) -> dict[str, NDArray[np.float64]] | None:
    """Current over time; None where there was no meter.

    The arrays of kind `current` are `seconds` and `amperes`, one each per reading of the meter, and
    `windows`, shape (windows, 2): begin and end of what is measured, in the same seconds.

    Raises:
        StoreError, CorruptRecord: it was kept, and cannot be read or contradicts itself.
    """
    arrays = _arrays(raw, record, CURRENT)
    if arrays is None:
        return None
    if not {"seconds", "amperes", "windows"} <= arrays.keys():
        raise _corrupt("the trace lacks seconds, amperes or windows", record)
    found = {name: np.asarray(array, dtype=np.float64) for name, array in arrays.items()}
    if found["seconds"].shape != found["amperes"].shape or found["windows"].shape[1:] != (2,):
        raise _corrupt("the trace's arrays do not fit together", record)
    return found


def _arrays(raw: RawStore, record: CaseRecord, kind: str) -> dict[str, Any] | None:
    sha256 = dict(record.raw).get(kind)
    return None if sha256 is None else dict(raw.get(sha256))


def _corrupt(what: str, record: CaseRecord) -> CorruptRecord:
    return CorruptRecord(
        what,
        where=f"{record.model} on {record.target_id}",
        hint="Delete it, and measure the case again.",
    )
