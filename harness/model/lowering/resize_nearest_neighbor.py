"""RESIZE_NEAREST_NEIGHBOR: each output pixel is the nearest input pixel."""

from __future__ import annotations

import numpy as np

from harness.model.constant_values import constant_integers
from harness.model.dims import spatial
from harness.model.lowered import Lowered, Operand, Words
from harness.model.operator_use import OperatorUse
from harness.model.unchanged import refuse_requantization


def lower(use: OperatorUse) -> Lowered:
    """RESIZE_NEAREST_NEIGHBOR to a constant size; parameters: rows_at, columns_at.

    The host works out the input row of each output row, and the columns likewise, in single
    precision as LiteRT does; the image holds both lists.
    """
    x, y = use.activation(0), use.output()
    refuse_requantization(use, y, x)
    x_dims, y_dims = spatial(use, x), spatial(use, y)
    size = constant_integers(use, 1, "sizes")
    if (x_dims[0], *size, x_dims[3]) != y_dims:
        raise use.broken(f"the size {list(size)} does not give the output's shape")
    rows, columns = (_nearest(use, x_dims[i], y_dims[i]) for i in (1, 2))
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(x, x_dims),),
        output=Operand(y, y_dims),
        params=(Words(rows), Words(columns)),
    )


def _nearest(use: OperatorUse, inputs: int, outputs: int) -> tuple[int, ...]:
    """Input positions of all output positions along one axis (LiteRT's `GetNearestNeighbor`)."""
    align_corners = use.option("align_corners", 0) and outputs > 1
    single = np.float32
    scale = (
        single(inputs - 1) / single(outputs - 1)
        if align_corners
        else single(inputs) / single(outputs)
    )
    half = single(0.5 if use.option("half_pixel_centers", 0) else 0)
    at = (np.arange(outputs, dtype=np.float32) + half) * scale
    nearest = np.floor(at.astype(np.float64) + 0.5 if use.option("align_corners", 0) else at)
    return tuple(int(position) for position in np.clip(nearest, 0, inputs - 1))


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
