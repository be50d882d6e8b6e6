"""SUB of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.scaled_sum import lower_scaled_sum


def lower(use: OperatorUse) -> Lowered:
    """SUB, with the parameters of ADD; see `lower_scaled_sum`."""
    return lower_scaled_sum(use)


def macs(use: OperatorUse) -> int:
    """None, as the field counts: requantisation is no multiply-accumulate."""
    return 0
