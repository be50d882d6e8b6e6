"""PADV2: a constant of the model's around the input."""

from __future__ import annotations

from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse, describe
from harness.model.padding import lower_padding
from harness.model.unchanged import refuse_requantization


def lower(use: OperatorUse) -> Lowered:
    """PADV2 as the PAD it is, with a code of its own; see `lower_padding`."""
    y, value = use.output(), use.activation(2)
    if value.data is None or value.elements != 1:
        raise use.unsupported(
            f"the padding's value {describe(value)} is not one constant",
            "Convert the model with a constant value.",
        )
    refuse_requantization(use, y, value)
    code = int.from_bytes(value.data, "little", signed=True)
    return lower_padding(use, use.activation(0), y, code)


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
