"""What operators that cut a tensor along an axis, or join tensors along one, have in common."""

from __future__ import annotations

from math import prod

from harness.domain.network import Tensor
from harness.model.constant_values import constant_integers
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse, describe
from harness.model.reshaping import COPIED

SPLIT, PACK = 49, 83


def lower_split(use: OperatorUse, x: Tensor, axis: int) -> Lowered:
    """`x` cut along `axis` (negative: from the end) into all outputs, one behind the other.

    The kernel copies, row by row, the bytes of each output; a row is what lies below the axis.

    Raises:
        BadModel: no such axis, or outputs that do not add up to the input.
    """
    rows = prod(x.shape[: _checked_axis(use, axis, len(x.shape))])
    outputs = use.outputs(*COPIED)
    if (
        sum(y.elements for y in outputs) != x.elements
        or any(y.elements % max(1, rows) for y in outputs)
        or {y.dtype for y in outputs} != {x.dtype}
    ):
        raise use.broken(f"{describe(x)} cannot be cut into the outputs")
    first, *others = (Operand(y, dims_of(use, y)) for y in outputs)
    return Lowered(
        opcode=SPLIT,
        inputs=(Operand(x, dims_of(use, x)),),
        output=first,
        params=(rows,),
        more_outputs=tuple(others),
    )


def lower_pack(use: OperatorUse, axis: int) -> Lowered:
    """All inputs joined along a new `axis` (negative: from the end) of the output.

    Raises:
        BadModel: no such axis, or inputs that do not add up to the output.
    """
    y = use.output(*COPIED)
    rows = prod(y.shape[: _checked_axis(use, axis, len(y.shape))])
    inputs = [use.activation(i, *COPIED) for i in range(len(use.operator.inputs))]
    if (
        sum(x.elements for x in inputs) != y.elements
        or any(x.elements % max(1, rows) for x in inputs)
        or {x.dtype for x in inputs} != {y.dtype}
    ):
        raise use.broken("the inputs cannot be joined to the output")
    return Lowered(
        opcode=PACK,
        inputs=tuple(Operand(x, dims_of(use, x)) for x in inputs),
        output=Operand(y, dims_of(use, y)),
        params=(rows,),
    )


def constant_axis(use: OperatorUse, position: int) -> int:
    """The axis that a constant input of the operator names.

    Raises:
        UnsupportedOperator: it is computed while the model runs.
        BadModel: it is absent, or not one number.
    """
    axis = constant_integers(use, position, "axes")
    if len(axis) != 1:
        raise use.broken(f"there are {len(axis)} axes instead of one")
    return axis[0]


def _checked_axis(use: OperatorUse, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise use.broken(f"axis {axis} is none of a tensor with {rank} dimensions")
    return axis % rank
