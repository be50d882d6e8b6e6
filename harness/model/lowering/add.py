"""ADD of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.elementwise_int16 import is_int16, lower_add_int16
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.scaled_sum import lower_scaled_sum

TYPES = (DType.INT16,)


def lower(use: OperatorUse) -> Lowered:
    """ADD; see `lower_scaled_sum`."""
    return lower_add_int16(use) if is_int16(use) else lower_scaled_sum(use)


def macs(use: OperatorUse) -> int:
    """None, as the field counts: requantisation is no multiply-accumulate."""
    return 0
