"""Constant operands that say what an operator does: axes, paddings, sizes."""

from __future__ import annotations

import numpy as np

from harness.domain.network import DType
from harness.model.operator_use import OperatorUse, describe

_NUMPY = {DType.INT32: "<i4", DType.INT64: "<i8"}


def constant_integers(use: OperatorUse, position: int, meaning: str) -> tuple[int, ...]:
    """The values of an int32 or int64 constant in C order; `meaning` is a plural for the error.

    Raises:
        UnsupportedOperator: the operand is computed while the model runs, or of another type.
        BadModel: it is absent.
    """
    tensor = use.input(position)
    if tensor.data is None or tensor.dtype not in _NUMPY:
        raise use.unsupported(
            f"the {meaning} {describe(tensor)} are not constants of type int32 or int64",
            f"Convert the model with constant {meaning}.",
        )
    return tuple(int(value) for value in np.frombuffer(tensor.data, _NUMPY[tensor.dtype]))


def axes_of(use: OperatorUse, values: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Axes as numbers from 0 on, each once and in order; negative ones count from the last.

    Raises:
        BadModel: an axis that the tensor does not have.
    """
    for value in values:
        if not -rank <= value < rank:
            raise use.broken(f"axis {value} is not one of the {rank} of the input")
    return tuple(sorted({value % rank for value in values}))
