"""What PAD and PADV2 have in common: the input in the middle of a constant."""

from __future__ import annotations

from harness.domain.network import Tensor
from harness.model.broadcast import trailing_dims
from harness.model.constant_values import constant_integers
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse
from harness.model.unchanged import refuse_requantization

PAD = 34


def lower_padding(use: OperatorUse, x: Tensor, y: Tensor, code: int) -> Lowered:
    """Constant padding with `code`, by the kernel of PAD.

    Parameters: before_n, before_h, before_w, before_c, code; what follows is told by the shapes.

    Raises:
        UnsupportedOperator: padding that is computed while the model runs, or negative; input and
            output quantised apart.
        BadModel: padding that does not lead from the input's shape to the output's.
    """
    refuse_requantization(use, y, x)
    values = constant_integers(use, 1, "paddings")
    before, after = values[::2], values[1::2]
    if any(value < 0 for value in values):
        raise use.unsupported("a padding is negative", "Convert the model with STRIDED_SLICE.")
    padded = [sum(each) for each in zip(before, x.shape, after, strict=False)]
    if len(values) != 2 * len(x.shape) or tuple(padded) != y.shape:
        raise use.broken(f"padding before {list(before)} and after {list(after)} does not fit")
    return Lowered(
        opcode=PAD,
        inputs=(Operand(x, trailing_dims(use, x)),),
        output=Operand(y, trailing_dims(use, y)),
        params=(*(0, 0, 0, 0, *before)[-4:], code),
    )
