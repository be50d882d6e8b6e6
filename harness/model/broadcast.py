"""Two operands of one output: each has its size along an axis, or is repeated along it."""

from __future__ import annotations

from harness.domain.network import Tensor
from harness.model.dims import Dims, dims_of
from harness.model.operator_use import OperatorUse, describe


def trailing_dims(use: OperatorUse, tensor: Tensor) -> Dims:
    """The sizes n, h, w, c of a tensor whose last axes are the last of these, others being 1.

    Raises:
        UnsupportedOperator: a rank above 4, a size of 0, or 2 GiB and more.
    """
    dims_of(use, tensor)
    n, h, w, c = (1, 1, 1, 1, *tensor.shape)[-4:]
    return n, h, w, c


def broadcast_dims(use: OperatorUse, a: Tensor, b: Tensor, y: Tensor) -> tuple[Dims, Dims, Dims]:
    """The sizes of both operands and of the output, in the firmware's common form.

    As NumPy and TensorFlow broadcast: shapes are aligned at the last axis, and an operand with one
    element along an axis is repeated along it.

    Raises:
        UnsupportedOperator: a rank above 4.
        BadModel: shapes that do not broadcast to the output's.
    """
    if a.shape == b.shape == y.shape:
        dims = dims_of(use, y)
        return dims, dims, dims
    a_dims, b_dims, y_dims = (trailing_dims(use, tensor) for tensor in (a, b, y))
    for each in zip(a_dims, b_dims, y_dims, strict=True):
        if not {each[0], each[1]} <= {1, each[2]} or each[2] != max(each[:2]):
            raise use.broken(
                f"{describe(a)} and {describe(b)} do not broadcast to the shape {list(y.shape)}"
            )
    return a_dims, b_dims, y_dims
