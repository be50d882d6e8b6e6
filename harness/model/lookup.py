"""Operators that give each of the 256 codes a fixed other one: the host makes the table.

The image holds the table as 64 words, entry 4 i + k in byte k of word i. Entries are ordered by the
code's bits as an unsigned byte: 0 to 127, then -128 to -1. The device needs one load per element,
for whatever function, and computes what LiteRT does where the host did.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Tensor
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand, Words
from harness.model.operator_use import INT8_MAX, INT8_MIN, OperatorUse

Single = NDArray[np.float32]
_CODES: NDArray[np.int64] = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)


def lower_lookup(
    use: OperatorUse, entries: Callable[[OperatorUse, Tensor, Tensor], NDArray[np.int64]]
) -> Lowered:
    """An operator of one input whose output is a function of the code; parameters: table_at.

    Args:
        use: the operator.
        entries: output codes of input codes in the order of `codes`, before they are clamped.

    Raises:
        BadModel: input and output do not have the same shape.
    """
    x, y = use.activation(0), use.output()
    if x.shape != y.shape:
        raise use.broken("input and output do not have the same shape")
    table = np.clip(entries(use, x, y), INT8_MIN, INT8_MAX).astype(np.int8)
    words = tuple(int(word) for word in np.frombuffer(table.tobytes(), "<i4"))
    dims = dims_of(use, y)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(x, dims),),
        output=Operand(y, dims),
        params=(Words(words),),
    )


def codes(zero_point: int = 0) -> NDArray[np.int64]:
    """All codes in the order of the table, without the zero point."""
    return _CODES - zero_point


def by_real_function(
    function: Callable[[Single], Single],
) -> Callable[[OperatorUse, Tensor, Tensor], NDArray[np.int64]]:
    """Entries of a real function, in single precision as LiteRT's `PopulateLookupTable`."""

    def entries(use: OperatorUse, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(y)
        real = np.float32(x_scale) * codes(x_zero).astype(np.float32)
        steps = function(real) * (np.float32(1) / np.float32(y_scale))
        # Half away from zero; a sum with 0.5 could round up a number just below it.
        nearest = np.trunc(steps) + np.trunc(2 * (steps - np.trunc(steps)))
        steps_inside: NDArray[np.int64] = np.clip(nearest, -1e6, 1e6).astype(np.int64)
        return steps_inside + y_zero

    return entries
