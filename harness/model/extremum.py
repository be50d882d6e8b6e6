"""What MINIMUM and MAXIMUM have in common."""

from __future__ import annotations

from harness.model.broadcast import broadcast_dims
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse
from harness.model.unchanged import refuse_requantization


def lower_extremum(use: OperatorUse) -> Lowered:
    """One of each two elements, by their codes; no parameters.

    Raises:
        UnsupportedOperator: tensors that are quantised apart: their codes could not be compared.
        BadModel: shapes that do not broadcast to the output's.
    """
    a, b, y = use.activation(0), use.activation(1), use.output()
    refuse_requantization(use, y, a, b)
    a_dims, b_dims, y_dims = broadcast_dims(use, a, b, y)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(a, a_dims), Operand(b, b_dims)),
        output=Operand(y, y_dims),
        params=(),
    )
