"""SPLIT_V: a tensor cut into parts of given sizes along an axis."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.reshaping import COPIED
from harness.model.slicing import constant_axis, lower_split

TYPES = (DType.INT16,)


def lower(use: OperatorUse) -> Lowered:
    """SPLIT_V; the sizes are those of the outputs."""
    return lower_split(use, use.activation(0, *COPIED), constant_axis(use, 2))


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
