"""TRANSPOSE: the axes in another order."""

from __future__ import annotations

from harness.model.broadcast import trailing_dims
from harness.model.constant_values import constant_integers
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.strided_copy import lower_strided_copy, steps_of
from harness.model.unchanged import refuse_requantization


def lower(use: OperatorUse) -> Lowered:
    """TRANSPOSE by a constant permutation; see `lower_strided_copy`."""
    x, y = use.activation(0), use.output()
    refuse_requantization(use, y, x)
    order = constant_integers(use, 1, "permutation's axes")
    rank = len(x.shape)
    if len(order) != rank or any(not -rank <= axis < rank for axis in order):
        raise use.broken(f"{list(order)} is no permutation of {rank} axes")
    order = tuple(axis % rank for axis in order)
    if sorted(order) != list(range(rank)):
        raise use.broken(f"{list(order)} is no permutation of {rank} axes")
    if y.shape != tuple(x.shape[axis] for axis in order):
        raise use.broken(f"axes in the order {list(order)} do not give the output's shape")
    steps = steps_of(trailing_dims(use, x))[4 - rank :]
    return lower_strided_copy(use, x, y, y.shape, 0, [steps[axis] for axis in order])


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
