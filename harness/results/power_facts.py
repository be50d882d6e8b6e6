"""What is kept beside a recording, so that it can be analysed again as it was the first time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.domain.metering import BoardWindow, BoardWindows
from harness.domain.power_analysis import Analysis
from harness.errors import CorruptRecord
from harness.results.raw import Arrays

T = TypeVar("T")


def board_arrays(board: BoardWindows) -> Arrays:
    """Arrays that hold what a board told of its windows.

    `board_s` and `answered` have shape (windows,), `host_s` and `device_s` (windows, 2), in
    seconds, NaN where the board told none. `baseline` is left out where none was asked for.
    """
    windows = board.windows
    nothing = (np.nan, np.nan)
    arrays: dict[str, NDArray[Any]] = {
        "inferences": np.array(board.inferences, np.int64),
        "discarded": np.array(board.discarded, np.int64),
        "least_s": np.array(board.least_s, np.float64),
        "pulses": np.array(board.pulses, np.bool_),
        "board_s": np.array(
            [np.nan if one.board_s is None else one.board_s for one in windows], np.float64
        ),
        "answered": np.array([one.answered for one in windows], np.int64),
        "host_s": np.array([one.host_s for one in windows], np.float64).reshape(-1, 2),
        "device_s": np.array([one.device_s or nothing for one in windows], np.float64).reshape(
            -1, 2
        ),
    }
    if board.baseline is not None:
        arrays["baseline"] = np.array(board.baseline, np.str_)
    return arrays


def board_of(arrays: Mapping[str, NDArray[Any]], where: str) -> BoardWindows:
    """What `board_arrays` was given.

    Raises:
        CorruptRecord: they hold nothing of the kind.
    """
    return _decoded(lambda: _board(arrays), where)


def asked_arrays(asked: Analysis) -> Arrays:
    """Arrays that hold what was asked of an analysis: JSON in bytes."""
    text = json.dumps(asdict(asked), sort_keys=True).encode()
    return {"asked": np.frombuffer(text, np.uint8)}


def asked_of(arrays: Mapping[str, NDArray[Any]], where: str) -> Analysis:
    """What `asked_arrays` was given.

    Raises:
        CorruptRecord: they hold nothing of the kind.
    """
    return _decoded(lambda: _asked(arrays), where)


def _board(arrays: Mapping[str, NDArray[Any]]) -> BoardWindows:
    columns = (arrays[name] for name in ("board_s", "answered", "host_s", "device_s"))
    windows = [
        BoardWindow(
            board_s=None if np.isnan(board_s) else float(board_s),
            answered=int(answered),
            host_s=_span(host_s),
            device_s=None if np.isnan(device_s).any() else _span(device_s),
        )
        for board_s, answered, host_s, device_s in zip(*columns, strict=True)
    ]
    return BoardWindows(
        inferences=int(arrays["inferences"]),
        windows=tuple(windows),
        discarded=int(arrays["discarded"]),
        least_s=float(arrays["least_s"]),
        baseline=str(arrays["baseline"]) if "baseline" in arrays else None,
        pulses=bool(arrays["pulses"]),
    )


def _span(pair: NDArray[Any]) -> tuple[float, float]:
    start, end = pair
    return float(start), float(end)


def _asked(arrays: Mapping[str, NDArray[Any]]) -> Analysis:
    told = json.loads(bytes(arrays["asked"]).decode())
    if told["baseline"] is not None:
        name, start, end = told["baseline"]
        told["baseline"] = (str(name), float(start), float(end))
    return Analysis(**told)


def _decoded(decode: Callable[[], T], where: str) -> T:
    try:
        return decode()
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptRecord(
            f"what is kept beside a recording does not decode ({error})",
            where=where,
            hint="Restore it from a copy, or measure again.",
        ) from error
