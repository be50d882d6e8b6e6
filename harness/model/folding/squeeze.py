"""SQUEEZE of a constant, whose shape is that of the output tensor."""

from __future__ import annotations

from harness.model.constant_array import Constant, constant
from harness.model.operator_use import OperatorUse


def fold(use: OperatorUse) -> Constant | None:
    """The first input in the shape of the output."""
    return constant(use.input(0)).reshape(use.result().shape)
