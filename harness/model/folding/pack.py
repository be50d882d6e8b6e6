"""PACK of constants."""

from __future__ import annotations

import numpy as np

from harness.model.constant_array import Constant, constant
from harness.model.operator_use import OperatorUse


def fold(use: OperatorUse) -> Constant | None:
    """The inputs joined along a new axis."""
    inputs = [constant(use.input(i)) for i in range(len(use.operator.inputs))]
    stacked: Constant = np.stack(inputs, use.option("axis", 0))
    return stacked
