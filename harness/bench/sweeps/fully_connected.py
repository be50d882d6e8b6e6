"""FULLY_CONNECTED with constant weights and biases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.domain.operator_shape import OperatorShape, ShapeRule

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule(
    "FULLY_CONNECTED", needed=("output",), taken=("activation", "per_channel"), ranks=(1, 1)
)
BUILT_IN = (
    OperatorShape(RULE, (64,), 10),
    OperatorShape(RULE, (640,), 128),
    OperatorShape(RULE, (640,), 128, per_channel=True),
)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    depth = use.tensor(1).shape[1]
    rows = math.prod(use.x.shape) // depth
    return use.shape(RULE, **use.weights | {"batch": rows, "input": (depth,), "kernel": (1, 1)})


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    depth = draft.shape.input[0]
    return draft.weighted((draft.shape.output, depth), 0, depth)
