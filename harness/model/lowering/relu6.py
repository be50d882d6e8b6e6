"""RELU6 as an operator of its own: max(0, min(x, 6)), element by element."""

from __future__ import annotations

from harness.model.activation import Activation
from harness.model.lookup import lower_lookup
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.rectifier import bounded


def lower(use: OperatorUse) -> Lowered:
    """RELU6 by table, to any output scale; see `lookup`."""
    return lower_lookup(use, bounded(Activation.RELU6))


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
