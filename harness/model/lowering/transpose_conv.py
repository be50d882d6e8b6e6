"""TRANSPOSE_CONV: filters [out, h, w, in] spread each input over the output."""

from __future__ import annotations

from harness.domain.network import DType
from harness.model.activation import activation_bounds
from harness.model.constant_values import constant_integers
from harness.model.dims import spatial
from harness.model.lowered import Lowered, Operand, bias_operand
from harness.model.operator_use import OperatorUse, describe
from harness.model.weighted import per_channel_requantization
from harness.model.window import slide

WEIGHTS = (DType.INT8,)
_OUTPUT_SHAPE, _WEIGHTS, _INPUT, _BIAS = range(4)


def lower(use: OperatorUse) -> Lowered:
    """TRANSPOSE_CONV with per-channel or per-tensor weights, symmetric.

    Parameters: input_offset, output_offset, stride_w, stride_h, pad_w, pad_h, pad_after_w,
    pad_after_h, dilation_w, dilation_h, activation_min, activation_max, multipliers_at,
    shifts_at. The paddings are those of the convolution that leads from the output's size to the
    input's; `pad_after`, which may be negative, is what such a window wants or leaves at the end.
    """
    x, filters, y = use.activation(_INPUT), use.weights(_WEIGHTS), use.output()
    x_dims, f_dims, y_dims = spatial(use, x), spatial(use, filters), spatial(use, y)
    channels = y_dims[3]
    if constant_integers(use, _OUTPUT_SHAPE, "output sizes") != y_dims:
        raise use.broken("the output has not the shape that is asked for")
    if f_dims[0] != channels or f_dims[3] != x_dims[3]:
        raise use.broken(f"the filters {describe(filters)} do not fit input and output")
    bias = use.bias(_BIAS, channels)
    stride_h, stride_w = use.positive_option("stride_h"), use.positive_option("stride_w")
    rows = _axis(use, x_dims[1], f_dims[1], stride_h, y_dims[1])
    columns = _axis(use, x_dims[2], f_dims[2], stride_w, y_dims[2])
    scales = use.channel_scales(filters, axis=0)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(
            Operand(x, x_dims),
            Operand(filters, f_dims),
            bias_operand(bias, channels),
        ),
        output=Operand(y, y_dims),
        params=(
            -use.per_tensor(x)[1],
            use.per_tensor(y)[1],
            *(stride_w, stride_h),
            *(columns[0], rows[0]),
            *(columns[1], rows[1]),
            *(1, 1),
            *activation_bounds(use, y),
            *per_channel_requantization(use, x, scales, y, channels),
        ),
    )


def _axis(use: OperatorUse, inputs: int, taps: int, stride: int, outputs: int) -> tuple[int, int]:
    """Padding before and after, of a window over the output that takes `inputs` positions."""
    padding = use.option("padding", 0)
    if padding not in (0, 1):
        raise use.unsupported(
            f"padding number {padding} is neither SAME nor VALID", "Convert the model with one."
        )
    axis = slide(outputs, taps, stride, 1, padding)
    if axis.output != inputs:
        raise use.broken(f"windows over {outputs} outputs are {axis.output}, not {inputs} inputs")
    return axis.pad, (inputs - 1) * stride + taps - outputs - axis.pad


def macs(use: OperatorUse) -> int:
    """Input elements times the taps of all filters; those beyond the output's edge count.

    Raises:
        BadModel: the weights are absent or have no four dimensions.
    """
    x, filters = use.input(_INPUT), use.input(_WEIGHTS)
    if len(filters.shape) != 4:
        raise use.broken(f"{describe(filters)} does not have the four dimensions n, h, w, c")
    return x.elements * filters.elements // max(1, filters.shape[3])
