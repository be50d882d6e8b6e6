"""PAD: zeros around the input."""

from __future__ import annotations

from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.padding import lower_padding


def lower(use: OperatorUse) -> Lowered:
    """PAD with the code of 0, the zero point; see `lower_padding`."""
    y = use.output()
    return lower_padding(use, use.activation(0), y, use.per_tensor(y)[1])


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
