"""Operators that pick elements of the input at constant distances: one kernel loop for all."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.network import Tensor
from harness.model.broadcast import trailing_dims
from harness.model.dims import Dims, dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse


def steps_of(dims: Dims) -> Dims:
    """Elements from one index to the next along each axis of a dense tensor."""
    _, h, w, c = dims
    return h * w * c, w * c, c, 1


def lower_strided_copy(
    use: OperatorUse, x: Tensor, y: Tensor, sizes: Sequence[int], first: int, steps: Sequence[int]
) -> Lowered:
    """Output element (i, j, k, l) is input element first + the sum of each index times its step.

    Args:
        use: the operator.
        x: the input, of rank 4 or below.
        y: the output, with as many elements as the product of `sizes`.
        sizes: how many elements are picked along each axis of the input.
        first: element of the input that is picked first.
        steps: elements of the input from one picked to the next along each axis.

    Parameters: first, step_n, step_h, step_w, step_c; the sizes are those of the output's record.
    """
    dims_of(use, y)
    missing = 4 - len(sizes)
    n, h, w, c = (1,) * missing + tuple(sizes)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(x, trailing_dims(use, x)),),
        output=Operand(y, (n, h, w, c)),
        params=(first, *(0,) * missing, *steps),
    )
