"""What raw data of a case holds: every answer of the device, and the counts of each operator."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.kernel_code import OperatorKernel
from harness.domain.observation import OperatorCount
from harness.domain.record import CaseRecord
from harness.errors import CorruptRecord
from harness.results.raw import Arrays, RawStore

ANSWERS = "answers"
PROFILE = "profile"
POWER_TRACE = "power-trace"
"""A meter's recording; those of a case that has several are numbered: `power-trace-1` and on."""
POWER_BOARD = "power-board"
"""What the board told of its windows: one for all recordings, or numbered, one for each."""
POWER_ASKED = "power-asked"
"""What was asked of the analysis of a recording that was made by hand."""
POWER_AGAIN = "power-again"
"""The same, of a recording that was analysed again."""
POWER_WINDOWS = "power-windows"

_HINT = "Delete it, and measure the case again."


def answers_arrays(
    outputs: NDArray[np.uint8],
    ticks: NDArray[np.uint64],
    per_tick: float,
    element: str = "",
    labels: NDArray[np.int64] | None = None,
) -> Arrays:
    """Arrays of kind `ANSWERS`.

    `outputs` has shape (inputs, bytes of the output tensor), whose elements are of numpy's type
    `element`; `ticks` shape (inputs, repeats), each of which stands for `per_tick` of what the
    target counts; `labels` shape (inputs,), and is left out where there are none.
    """
    arrays: dict[str, NDArray[Any]] = {"outputs": outputs, "ticks": ticks}
    arrays["per_tick"] = np.array(per_tick)
    if element:
        arrays["element"] = np.array(element)
    return arrays if labels is None else arrays | {"labels": labels}


def profile_arrays(
    kernels: Sequence[OperatorKernel], ticks: Sequence[int], empty_window: int, per_tick: float
) -> Arrays:
    """Arrays of kind `PROFILE`: for each operator its kernel, and the ticks of its own window.

    `empty_window` are the ticks of a window without operators.
    """
    return {
        "index": np.array([kernel.index for kernel in kernels], dtype=np.int32),
        "operator": np.array([kernel.operator for kernel in kernels], dtype=np.str_),
        "source": np.array([kernel.source for kernel in kernels], dtype=np.str_),
        "functions": np.array([json.dumps(kernel.calls) for kernel in kernels], dtype=np.str_),
        "path": np.array([kernel.path or "" for kernel in kernels], dtype=np.str_),
        "fallback": np.array([kernel.fallback for kernel in kernels], dtype=np.bool_),
        "ticks": np.array(ticks, dtype=np.uint64),
        "empty_window": np.array(empty_window, dtype=np.uint64),
        "per_tick": np.array(per_tick),
    }


def samples_of(raw: RawStore, record: CaseRecord) -> NDArray[np.float64] | None:
    """The count of every measured window, shape (inputs, repeats); None where it was not kept.

    The unit is that of the record's count.

    Raises:
        StoreError, CorruptRecord: it was kept, and cannot be read.
    """
    arrays = _arrays(raw, record, ANSWERS)
    if arrays is None:
        return None
    ticks, per_tick = _named(arrays, ("ticks", "per_tick"), record)
    return np.asarray(ticks, dtype=np.float64) * float(per_tick)


def window_energies_of(raw: RawStore, record: CaseRecord) -> tuple[float, ...]:
    """Joules of an inference in each window that counts; none where they were not kept.

    The array of kind `POWER_WINDOWS` is `energy_per_inference`, shape (windows,).

    Raises:
        StoreError, CorruptRecord: they were kept, and cannot be read.
    """
    arrays = _arrays(raw, record, POWER_WINDOWS)
    if arrays is None:
        return ()
    (joules,) = _named(arrays, ("energy_per_inference",), record)
    return tuple(np.asarray(joules, dtype=np.float64).ravel().tolist())


def operator_counts_of(raw: RawStore, record: CaseRecord) -> tuple[OperatorCount, ...]:
    """The count of every operator in the unit of the record's count; none where it was not kept.

    `kernels` are the functions of the library that an operator's kernel calls, else its own file.

    Raises:
        StoreError, CorruptRecord: it was kept, and cannot be read.
    """
    arrays = _arrays(raw, record, PROFILE)
    if arrays is None:
        return ()
    names = ("index", "operator", "source", "functions", "ticks", "per_tick")
    *columns, per_tick = _named(arrays, names, record)
    return tuple(
        OperatorCount(
            index=int(index),
            operator=str(operator),
            kernels=tuple(json.loads(str(functions))) or ((str(source),) if source else ()),
            count=int(ticks) * float(per_tick),
        )
        for index, operator, source, functions, ticks in zip(*columns, strict=True)
    )


def numbered(record: CaseRecord, kind: str) -> list[str]:
    """The hashes of all raw data of a kind: the only one, or `kind`-1, `kind`-2 and on."""
    found: dict[int, str] = {}
    for name, sha256 in record.raw:
        start, _, number = name.rpartition("-")
        if name == kind:
            found[0] = sha256
        elif start == kind and number.isdecimal():
            found[int(number)] = sha256
    return [found[number] for number in sorted(found)]


def _arrays(raw: RawStore, record: CaseRecord, kind: str) -> dict[str, Any] | None:
    sha256 = dict(record.raw).get(kind)
    return None if sha256 is None else raw.get(sha256)


def _named(arrays: Mapping[str, Any], names: Sequence[str], record: CaseRecord) -> list[Any]:
    if missing := [name for name in names if name not in arrays]:
        raise CorruptRecord(
            f"the raw data lacks {', '.join(missing)}",
            where=f"{record.model} on {record.target_id}",
            hint=_HINT,
        )
    return [arrays[name] for name in names]
