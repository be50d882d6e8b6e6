"""AVERAGE_POOL_2D over height and width."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.pooling import lower_pool

TYPES = (DType.INT16,)


def lower(use: OperatorUse) -> Lowered:
    """AVERAGE_POOL_2D; see `lower_pool`."""
    return lower_pool(use)


def macs(use: OperatorUse) -> int:
    """None: pooling multiplies nothing."""
    return 0
