"""What AVERAGE_POOL_2D and MAX_POOL_2D have in common."""

from __future__ import annotations

import math

from harness.domain.network import DType, Tensor
from harness.model.activation import activation_bounds
from harness.model.dims import spatial
from harness.model.lowered import Lowered, Operand, Variant
from harness.model.operator_use import OperatorUse
from harness.model.weighted import ACTIVATIONS
from harness.model.window import window_of

ROUNDS_HALF_UP = "rounds_half_up"
"""An option of means that no file has: `rewrites/unsigned` sets it."""

_SCALE_TOLERANCE = 1e-6


def lower_pool(use: OperatorUse) -> Lowered:
    """A pool over height and width, whose input and output share scale and zero point.

    Raises:
        UnsupportedOperator: input and output are quantised apart, which kernels do not undo.
        BadModel: the output has another shape than the window gives.
    """
    x, y = use.activation(0, *ACTIVATIONS), use.output(*ACTIVATIONS)
    x_dims, y_dims = spatial(use, x), spatial(use, y)
    (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(y)
    if (
        x.dtype is not y.dtype
        or x_zero != y_zero
        or not math.isclose(x_scale, y_scale, rel_tol=_SCALE_TOLERANCE)
    ):
        raise use.unsupported(
            f"the input has scale {x_scale:g} and zero point {x_zero}, the output {y_scale:g} and "
            f"{y_zero}; pooling does not requantise",
            "Quantise the model again.",
        )
    if x_dims[3] != y_dims[3]:
        raise use.broken(f"{x_dims[3]} channels are pooled to {y_dims[3]}")
    filter_h, filter_w = use.positive_option("filter_height"), use.positive_option("filter_width")
    window = window_of(use, x_dims, filter_h, filter_w, y_dims)
    return Lowered(
        opcode=use.operator.opcode + _variant(use, x),
        inputs=(Operand(x, x_dims),),
        output=Operand(y, y_dims),
        params=(
            window.stride_w,
            window.stride_h,
            window.pad_w,
            window.pad_h,
            *activation_bounds(use, y),
            filter_w,
            filter_h,
        ),
    )


def _variant(use: OperatorUse, x: Tensor) -> int:
    if x.dtype is DType.INT16:
        return Variant.INT16
    return Variant.UINT8_WEIGHTS if use.option(ROUNDS_HALF_UP, False) else 0
