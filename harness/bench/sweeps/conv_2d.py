"""CONV_2D with constant weights and biases."""

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

RULE = ShapeRule(
    "CONV_2D",
    needed=("output", "kernel"),
    taken=(*WINDOW, "dilation", "activation", "per_channel"),
    ranks=IMAGE,
    windowed=True,
    per_channel=True,
    output_sizes=slid,
    faults=window_faults,
)
BUILT_IN = (
    # 1x1 without and with stride, 1xN, 3x3 after an image and between channels, odd channels.
    OperatorShape(RULE, (16, 16, 32), 32, per_channel=True),
    OperatorShape(RULE, (16, 16, 32), 32, stride=(2, 2), per_channel=True),
    OperatorShape(RULE, (1, 64, 16), 16, (1, 3), per_channel=True),
    OperatorShape(RULE, (32, 32, 3), 16, (3, 3), per_channel=True),
    OperatorShape(RULE, (32, 32, 16), 32, (3, 3), per_channel=True),
    OperatorShape(RULE, (8, 8, 13), 7, (3, 3), per_channel=True),
)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.shape(RULE, **use.weights)


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    weights = (draft.shape.output, *draft.shape.kernel, draft.shape.input[2])
    return draft.weighted(weights, 0, math.prod(weights[1:]), **draft.window())
