"""MEAN over any axes."""

from __future__ import annotations

from harness.model.broadcast import trailing_dims
from harness.model.constant_values import axes_of, constant_integers
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse
from harness.model.scales import requantized

_MOST_ELEMENTS = 2**22  # of 9 bits each, whose sum stays inside 32 bits


def lower(use: OperatorUse) -> Lowered:
    """MEAN over constant axes; parameters: sum_offset, output_offset, multiplier, shift.

    `sum_offset` takes the zero points off a sum. As LiteRT, the division by the number of elements
    is part of the multiplier, so that an output is rounded like any other. The output's record has
    size 1 along the axes that are gone, which tells the kernel what to sum.
    """
    x, y = use.activation(0), use.output()
    (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(y)
    axes = axes_of(use, constant_integers(use, 1, "axes"), len(x.shape))
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    shape = (
        kept
        if use.option("keep_dims", 0)
        else tuple(size for axis, size in enumerate(x.shape) if axis not in axes)
    )
    if shape != y.shape:
        raise use.broken(f"the mean over axes {list(axes)} has the shape {list(shape)}")
    x_dims = trailing_dims(use, x)
    n, h, w, c = (1, 1, 1, 1, *kept)[-4:]
    count = x.elements // y.elements
    if count > _MOST_ELEMENTS:
        raise use.unsupported(
            f"the mean of {count:,} elements is taken; up to {_MOST_ELEMENTS:,} are supported",
            "Build the model with smaller tensors.",
        )
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(x, x_dims),),
        output=Operand(y, (n, h, w, c)),
        params=(-x_zero * count, y_zero, *_divided(*requantized(use, x_scale / y_scale), count)),
    )


def _divided(multiplier: int, shift: int, count: int) -> tuple[int, int]:
    """A multiplier and shift divided by `count`: by as many bits as are at hand, rounded down."""
    bits = min(count.bit_length() - 1, 31 + shift)
    return (multiplier << bits) // count, shift - bits


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
