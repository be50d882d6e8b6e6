"""CONCATENATION of constants."""

from __future__ import annotations

import numpy as np

from harness.domain.network import DType
from harness.model.constant_array import Constant, constant
from harness.model.operator_use import OperatorUse


def fold(use: OperatorUse) -> Constant | None:
    """The inputs joined along an axis; None where they are quantised, which may rescale them."""
    if use.result().dtype not in (DType.INT32, DType.INT64, DType.BOOL):
        return None
    inputs = [constant(use.input(i)) for i in range(len(use.operator.inputs))]
    joined: Constant = np.concatenate(inputs, use.option("axis", 0))
    return joined
