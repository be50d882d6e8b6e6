"""What RESHAPE, SQUEEZE and EXPAND_DIMS have in common: the same bytes under another shape."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse, describe

RESHAPE = 22
COPIED = (DType.INT8, DType.INT16)


def lower_reshape(use: OperatorUse) -> Lowered:
    """RESHAPE to the shape of the output tensor; what tells the shape is not needed at run time.

    Raises:
        BadModel: the output has another number of elements.
    """
    x, y = use.activation(0, *COPIED), use.output(*COPIED)
    if x.elements != y.elements or x.dtype is not y.dtype:
        raise use.broken(f"{describe(x)} cannot take the shape {list(y.shape)}")
    return Lowered(
        opcode=RESHAPE,
        inputs=(Operand(x, dims_of(use, x)),),
        output=Operand(y, dims_of(use, y)),
        params=(),
        shares_place=True,
    )
