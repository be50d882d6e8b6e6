"""CONCATENATION of tensors along an axis."""

from __future__ import annotations

from math import prod

from harness.model.activation import activation_bounds
from harness.model.constant_values import axes_of
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import INT8_MAX, INT8_MIN, OperatorUse
from harness.model.unchanged import refuse_requantization


def lower(use: OperatorUse) -> Lowered:
    """CONCATENATION, also of constants; parameters: rows.

    A row is what lies below the axis: the output's is one of each input, one behind the other.
    """
    y = use.output()
    inputs = [use.activation(i) for i in range(len(use.operator.inputs))]
    refuse_requantization(use, y, *inputs)
    if activation_bounds(use, y) != (INT8_MIN, INT8_MAX):
        raise use.unsupported(
            "a fused activation would bound the output",
            "Convert the model with the activation as an operator of its own.",
        )
    (axis,) = axes_of(use, (use.option("axis", 0),), len(y.shape))
    around = {x.shape[:axis] + x.shape[axis + 1 :] for x in (*inputs, y)}
    if len(around) != 1 or sum(x.elements for x in inputs) != y.elements:
        raise use.broken(f"the inputs do not make the output along axis {axis}")
    return Lowered(
        opcode=use.operator.opcode,
        inputs=tuple(Operand(x, dims_of(use, x)) for x in inputs),
        output=Operand(y, dims_of(use, y)),
        params=(prod(y.shape[:axis]),),
    )


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
