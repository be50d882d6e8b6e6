"""RESHAPE: the same bytes under another shape."""

from __future__ import annotations

from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse, describe


def lower(use: OperatorUse) -> Lowered:
    """RESHAPE to the shape of the output tensor; the shape input is not needed at run time."""
    x, y = use.activation(0), use.output()
    if x.elements != y.elements:
        raise use.broken(f"{describe(x)} cannot take the shape {list(y.shape)}")
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(x, dims_of(use, x)),),
        output=Operand(y, dims_of(use, y)),
        params=(),
        shares_place=True,
    )


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
