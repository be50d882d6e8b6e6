"""A data set: inputs in the model's own element type, and labels where there are any."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Dataset:
    """Inputs of one network.

    `inputs` has shape (n, ...) and the element type of the model's input tensor; `labels` has shape
    (n,) or is None, and then `no_labels` says why. `sha256` covers inputs, labels and `sequence`:
    whether a model with a state keeps it from one input to the next.
    """

    name: str
    inputs: NDArray[np.generic] = field(repr=False)
    labels: NDArray[np.int64] | None = field(repr=False)
    sha256: str
    no_labels: str = ""
    sequence: bool = False

    def __len__(self) -> int:
        """Number of inputs."""
        return int(self.inputs.shape[0])
