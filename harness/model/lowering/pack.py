"""PACK: tensors of one shape joined along a new axis."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.slicing import lower_pack

TYPES = (DType.INT16,)


def lower(use: OperatorUse) -> Lowered:
    """PACK; see `lower_pack`."""
    return lower_pack(use, use.option("axis", 0))


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
