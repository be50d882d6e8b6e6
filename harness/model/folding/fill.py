"""FILL: a tensor of one value."""

from __future__ import annotations

import numpy as np

from harness.model.constant_array import Constant, constant
from harness.model.operator_use import OperatorUse


def fold(use: OperatorUse) -> Constant | None:
    """The second input in the shape that the first one tells."""
    sizes, value = constant(use.input(0)), constant(use.input(1))
    return np.full(tuple(int(size) for size in sizes.ravel()), value.reshape(()))
