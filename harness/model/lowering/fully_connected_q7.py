"""FULLY_CONNECTED_Q7: plain weights [out, in] with one power-of-two scale for all of them."""

from __future__ import annotations

from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.q7_operator import lower_q7


def lower(use: OperatorUse) -> Lowered:
    """FULLY_CONNECTED_Q7; parameters: bias_shift, out_shift."""
    return lower_q7(use, ("bias_shift", "out_shift"), constants=2)


def macs(use: OperatorUse) -> int:
    """Weights."""
    return use.input(1).elements
