"""AVERAGE_POOL_2D over height and width."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.network import DType
from harness.model.lowered import Lowered, Variant
from harness.model.operator_use import OperatorUse
from harness.model.pooling import lower_pool

TYPES = (DType.INT16,)


def lower(use: OperatorUse) -> Lowered:
    """AVERAGE_POOL_2D; see `lower_pool`. Of uint8, means in the middle go up."""
    lowered = lower_pool(use)
    if not use.operator.unsigned:
        return lowered
    return replace(lowered, opcode=lowered.opcode + Variant.UNSIGNED)


def macs(use: OperatorUse) -> int:
    """None: pooling multiplies nothing."""
    return 0
