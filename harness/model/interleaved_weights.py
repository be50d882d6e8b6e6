"""The order in which arm_fully_connected_q7_opt wants its weights, and back.

Rows in groups of four, columns in groups of four: each block of 4 x 4 has its bytes where the
kernel's SXTB16 pairs them. Then the columns left over, four rows each; rows left over are plain.
Source: CMSIS-NN 1.0, `arm_fully_connected_q7_opt.c`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_GROUP = 4
_PAIRS = ((0, 0), (1, 0), (0, 2), (1, 2), (2, 0), (3, 0), (2, 2), (3, 2))
_BLOCK = (*_PAIRS, *((row, column + 1) for row, column in _PAIRS))


def plain(stored: NDArray[np.int8], rows: int, columns: int) -> NDArray[np.int8]:
    """Weights (rows, columns) of `rows * columns` stored ones."""
    weights = np.empty(rows * columns, np.int8)
    weights[_places(rows, columns)] = stored
    return weights.reshape(rows, columns)


def interleaved(weights: NDArray[np.int8]) -> NDArray[np.int8]:
    """What is stored of weights (rows, columns)."""
    return np.ascontiguousarray(weights).ravel()[_places(*weights.shape)]


@cache
def _places(rows: int, columns: int) -> NDArray[np.int64]:
    """For each stored weight its place in the plain order."""
    whole_rows, whole_columns = rows - rows % _GROUP, columns - columns % _GROUP
    block = np.array([row * columns + column for row, column in _BLOCK], np.int64)
    across = np.arange(0, whole_columns, _GROUP, dtype=np.int64)
    left_over = np.arange(whole_columns, columns, dtype=np.int64)
    down = np.arange(_GROUP, dtype=np.int64) * columns
    group = np.concatenate([(across[:, None] + block).ravel(), (left_over[:, None] + down).ravel()])
    starts = np.arange(0, whole_rows, _GROUP, dtype=np.int64) * columns
    return np.concatenate(
        [(starts[:, None] + group).ravel(), np.arange(whole_rows * columns, rows * columns)]
    )
