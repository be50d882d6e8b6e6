"""Shapes as the four sizes n, h, w, c that kernels take."""

from __future__ import annotations

from harness.domain.network import Tensor
from harness.model.operator_use import OperatorUse, describe

Dims = tuple[int, int, int, int]

_LARGEST_BYTES = 2**31 - 1


def dims_of(use: OperatorUse, tensor: Tensor) -> Dims:
    """The sizes n, h, w, c of a tensor of rank 4 and below (`firmware/IMAGE.md`).

    Sizes of 1 in front are left out where there are more than four.

    Raises:
        UnsupportedOperator: a higher rank, a size of 0, or 2 GiB and more.
    """
    shape = tensor.shape
    while len(shape) > 4 and shape[0] == 1:
        shape = shape[1:]
    if tensor.elements < 1 or tensor.nbytes > _LARGEST_BYTES or len(shape) > 4:
        raise use.unsupported(
            f"{describe(tensor)} has {len(tensor.shape)} dimensions and {tensor.nbytes:,} bytes; "
            f"at most 4 and 1 to {_LARGEST_BYTES:,} are supported",
            "Convert the model with smaller tensors.",
        )
    match shape:
        case (n, h, w, c):
            return n, h, w, c
        case (h, w, c):
            return 1, h, w, c
        case (n, c):
            return n, 1, 1, c
        case (c,):
            return 1, 1, 1, c
    return 1, 1, 1, 1


def spatial(use: OperatorUse, tensor: Tensor) -> Dims:
    """The sizes of a tensor that must have rank 4.

    Raises:
        BadModel: another rank.
    """
    if len(tensor.shape) != 4:
        raise use.broken(f"{describe(tensor)} does not have the four dimensions n, h, w, c")
    return dims_of(use, tensor)
