"""RELU_Q7: max(0, x), in place."""

from __future__ import annotations

from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.q7_operator import lower_q7


def lower(use: OperatorUse) -> Lowered:
    """RELU_Q7, without parameters."""
    return lower_q7(use, (), in_place=True)


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
