"""Raw data of a case as what a report draws: right and wrong answers, and current over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.record import CaseRecord
from harness.errors import CorruptRecord
from harness.results.case_raw import ANSWERS
from harness.results.raw import RawStore

CURRENT = "current"
_SHAPES = {
    "seconds": (0,),
    "amperes": (0,),
    "windows": (0, 2),
    "histogram": (0, 2),
    "operator_energy": (0,),
}


@dataclass(frozen=True)
class CurrentPicture:
    """What a report draws of a recording, in seconds, amperes and joules."""

    seconds: tuple[float, ...]
    amperes: tuple[float, ...]
    windows: tuple[tuple[float, float], ...]
    histogram: tuple[tuple[float, float], ...] = ()
    operators: tuple[tuple[str, float], ...] = ()
    no_operators: str = ""


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


def current_of(raw: RawStore, record: CaseRecord) -> CurrentPicture | None:
    """Current over time; None where there was no meter.

    The arrays of kind `current` are `seconds` and `amperes`, one each per reading of the meter, and
    `windows`, shape (windows, 2): begin and end of what is measured, in the same seconds. There may
    be `histogram`, shape (bins, 2): amperes and share; `operator_name`, with the operator's number,
    and `operator_energy`, in joules, NaN where it has none, of an operator or of a few that are not
    told apart; or `no_operators`, why those are not there.

    Raises:
        StoreError, CorruptRecord: it was kept, and cannot be read or contradicts itself.
    """
    arrays = _arrays(raw, record, CURRENT)
    if arrays is None:
        return None
    if not {"seconds", "amperes", "windows"} <= arrays.keys():
        raise _corrupt("the trace lacks seconds, amperes or windows", record)
    names = [str(name) for name in arrays.get("operator_name", ())]
    try:
        seconds, amperes, windows, histogram, joules = (
            np.asarray(arrays.get(name, np.empty(empty)), dtype=np.float64)
            for name, empty in _SHAPES.items()
        )
    except (TypeError, ValueError) as error:
        raise _corrupt(f"the trace's arrays are no numbers ({error})", record) from error
    fit = seconds.shape == amperes.shape and joules.shape == (len(names),)
    if not fit or windows.shape[1:] != (2,) or histogram.shape[1:] != (2,):
        raise _corrupt("the trace's arrays do not fit together", record)
    return CurrentPicture(
        seconds=tuple(seconds.tolist()),
        amperes=tuple(amperes.tolist()),
        windows=tuple((begin, end) for begin, end in windows.tolist()),
        histogram=tuple((middle, share) for middle, share in histogram.tolist()),
        operators=tuple(zip(names, joules.tolist(), strict=True)),
        no_operators=str(arrays.get("no_operators", "")),
    )


def _arrays(raw: RawStore, record: CaseRecord, kind: str) -> dict[str, Any] | None:
    sha256 = dict(record.raw).get(kind)
    return None if sha256 is None else dict(raw.get(sha256))


def _corrupt(what: str, record: CaseRecord) -> CorruptRecord:
    return CorruptRecord(
        what,
        where=f"{record.model} on {record.target_id}",
        hint="Delete it, and measure the case again.",
    )
