"""AVERAGE_POOL_2D_Q7: means along x, then of those along y, each truncated towards zero."""

from __future__ import annotations

from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.q7_operator import lower_q7


def lower(use: OperatorUse) -> Lowered:
    """AVERAGE_POOL_2D_Q7; parameters: kernel, stride, pad. Windows may reach beyond the image."""
    return lower_q7(use, ("kernel", "stride", "pad"))


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
