"""QUANTIZE between integer tensors: other scale, zero point or type for the same real values."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import OperatorUse
from harness.model.requantization import quantize_multiplier

TYPES = (DType.INT16,)
_LARGEST_SHIFT = {DType.INT8: 22, DType.INT16: 14}  # of input less zero point, within 32 bits


def lower(use: OperatorUse) -> Lowered:
    """int8 or int16 to int8 or int16, by the ratio of the scales."""
    x, y = use.activation(0, DType.INT8, *TYPES), use.output(DType.INT8, *TYPES)
    if x.shape != y.shape:
        raise use.broken("input and output do not have the same shape")
    (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(y)
    try:
        multiplier, shift = quantize_multiplier(x_scale / y_scale, _LARGEST_SHIFT[x.dtype])
    except ValueError as error:
        raise use.unsupported(str(error), "Quantise the model again.") from error
    dims = dims_of(use, x)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(x, dims),),
        output=Operand(y, dims),
        params=(-x_zero, y_zero, multiplier, shift),
    )


def macs(use: OperatorUse) -> int:
    """None, as the field counts: requantisation is no multiply-accumulate."""
    return 0
