"""STRIDED_SLICE of a constant."""

from __future__ import annotations

from harness.model.constant_array import Constant, constant
from harness.model.operator_use import OperatorUse


def fold(use: OperatorUse) -> Constant | None:
    """What Python's slices give, as TensorFlow takes them; None with a new axis or an ellipsis."""
    if use.option("ellipsis_mask", 0) or use.option("new_axis_mask", 0):
        return None
    x, *bounds = (constant(use.input(i)) for i in range(4))
    begin, end, step = ([int(value) for value in part.ravel()] for part in bounds)
    wanted: list[slice | int] = []
    for axis in range(len(begin)):
        bit = 1 << axis
        if use.option("shrink_axis_mask", 0) & bit:
            wanted.append(begin[axis])
            continue
        first = None if use.option("begin_mask", 0) & bit else begin[axis]
        last = None if use.option("end_mask", 0) & bit else end[axis]
        wanted.append(slice(first, last, step[axis]))
    found: Constant = x[tuple(wanted)]
    return found
