"""What lowerings of q7 operators have in common: operands without scales, options as parameters."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse


def lower_q7(
    use: OperatorUse, parameters: Sequence[str], *, constants: int = 0, in_place: bool = False
) -> Lowered:
    """An operator of one int8 activation and `constants` int8 constants; `q7_network` made them.

    Raises:
        UnsupportedOperator, BadModel: tensors of another type.
    """
    x, y = use.activation(0), use.output()
    weights = [use.weights(1 + i) for i in range(constants)]
    return Lowered(
        opcode=use.operator.opcode,
        inputs=tuple(Operand(tensor, dims_of(use, tensor)) for tensor in (x, *weights)),
        output=Operand(y, dims_of(use, y)),
        params=tuple(use.option(name, 0) for name in parameters),
        shares_place=in_place,
    )
