"""RELU as an operator of its own: max(0, x), element by element."""

from __future__ import annotations

from harness.model.activation import Activation
from harness.model.lookup import lower_lookup
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.rectifier import bounded


def lower(use: OperatorUse) -> Lowered:
    """RELU by table, to any output scale; see `lookup`."""
    return lower_lookup(use, bounded(Activation.RELU))


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
