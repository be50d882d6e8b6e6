"""TRANSPOSE_CONV with constant weights and no biases."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.domain.operator_shape import IMAGE, OperatorShape, ShapeRule, spread

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule(
    "TRANSPOSE_CONV",
    needed=("output", "kernel"),
    taken=("stride", "padding", "per_channel"),
    ranks=IMAGE,
    windowed=True,
    per_channel=True,
    output_sizes=spread,
)
BUILT_IN = (OperatorShape(RULE, (8, 8, 16), 8, (3, 3), (2, 2), per_channel=True),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    use = replace(use, x_at=2)  # after the output's sizes and the weights
    return use.whole(use.shape(RULE, **use.weights))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    shape = draft.shape
    sizes = (shape.output, *shape.kernel, shape.input[2])
    scales = draft.scales(shape.output)
    taps = math.prod(sizes[1:]) / math.prod(shape.stride)
    x, y_sizes = draft.x(), draft.integers(draft.y_shape)
    weights = draft.weights("weights", sizes, scales)
    y = draft.y(draft.y_scale(taps, scales), draft.y_zero)
    return draft.finish([y_sizes, weights, x], y, x_at=2, **draft.window())
