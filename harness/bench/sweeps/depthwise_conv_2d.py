"""DEPTHWISE_CONV_2D with constant weights and biases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.domain.operator_shape import (
    IMAGE,
    WINDOW,
    OperatorShape,
    ShapeRule,
    slid,
    window_faults,
)

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found


def _faults(shape: OperatorShape) -> list[str]:
    faults = window_faults(shape)
    if shape.output % shape.input[2]:
        what = f"output {shape.output} is not a multiple of {shape.input[2]} channels"
        faults.insert(0, what)
    return faults


RULE = ShapeRule(
    "DEPTHWISE_CONV_2D",
    needed=("kernel",),
    taken=(*WINDOW, "output", "dilation", "activation", "per_channel"),
    ranks=IMAGE,
    windowed=True,
    channelwise=True,
    per_channel=True,
    output_sizes=slid,
    faults=_faults,
)
BUILT_IN = (
    # 3x3 at both strides, a larger window, a channel multiplier, dilation.
    OperatorShape(RULE, (32, 32, 16), 16, (3, 3), per_channel=True),
    OperatorShape(RULE, (32, 32, 16), 16, (3, 3), (2, 2), per_channel=True),
    OperatorShape(RULE, (16, 16, 16), 16, (5, 5), per_channel=True),
    OperatorShape(RULE, (16, 16, 1), 8, (3, 3), per_channel=True),
    OperatorShape(RULE, (16, 16, 16), 16, (3, 3), dilation=(2, 2), per_channel=True),
)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.shape(RULE, **use.weights)


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    weights = (1, *draft.shape.kernel, draft.shape.output)
    multiplier = draft.shape.output // draft.shape.input[2]
    window = draft.window() | {"depth_multiplier": multiplier}
    return draft.weighted(weights, 3, math.prod(draft.shape.kernel), **window)
