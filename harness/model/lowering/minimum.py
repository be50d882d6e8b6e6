"""MINIMUM: the smaller of two elements."""

from __future__ import annotations

from harness.model.extremum import lower_extremum
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse


def lower(use: OperatorUse) -> Lowered:
    """MINIMUM; see `lower_extremum`."""
    return lower_extremum(use)


def macs(use: OperatorUse) -> int:
    """None: nothing is multiplied."""
    return 0
