"""TRANSPOSE of a constant."""

from __future__ import annotations

from harness.model.constant_array import Constant, constant
from harness.model.operator_use import OperatorUse


def fold(use: OperatorUse) -> Constant | None:
    """The first input with its axes in the order that the second one tells."""
    order = tuple(int(axis) for axis in constant(use.input(1)).ravel())
    return constant(use.input(0)).transpose(order)
