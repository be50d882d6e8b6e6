"""What a kind of data set returns, and the checks that labels have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadDataset


@dataclass(frozen=True)
class Samples:
    """Inputs (n, ...) in the model's element type, and labels (n,) or the reason there are none.

    In a `sequence` a model with a state keeps it from one input to the next.
    """

    inputs: NDArray[np.generic]
    labels: NDArray[np.int64] | None
    no_labels: str = ""
    sequence: bool = False


def checked_labels(labels: NDArray[np.generic], inputs: int, where: str) -> NDArray[np.int64]:
    """Return `labels` as int64.

    Raises:
        BadDataset: not one-dimensional, not integers, negative, or not one per input.
    """
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise BadDataset(
            f"labels are {labels.dtype.name} of {labels.ndim} dimensions",
            where=where,
            hint="Give one integer class index per input, in a one-dimensional array.",
        )
    if labels.shape[0] != inputs:
        raise BadDataset(
            f"there are {labels.shape[0]} labels for {inputs} inputs",
            where=where,
            hint="Give one label per input, in the same order.",
        )
    result = labels.astype(np.int64)
    if (result < 0).any():
        first = int(np.flatnonzero(result < 0)[0])
        raise BadDataset(
            f"label {first} is {int(result[first])}",
            where=where,
            hint="Give class indices, counted from 0.",
        )
    return result
