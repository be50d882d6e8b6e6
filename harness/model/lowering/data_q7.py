"""DATA_Q7: OpenMV's input layer, which takes means off pixels and scales by a power of two."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse

TYPES = (DType.UINT8,)
_CHANNELS = 3


def lower(use: OperatorUse) -> Lowered:
    """DATA_Q7; parameters: shift, then three means, those beyond the channels 0."""
    x, y = use.activation(0, DType.UINT8), use.output()
    means = tuple(use.operator.options["means"])
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(x, dims_of(use, x)),),
        output=Operand(y, dims_of(use, y)),
        params=(use.option("shift", 0), *means, *(0,) * (_CHANNELS - len(means))),
    )


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
