"""MAX_POOL_2D: a window over each channel."""

from __future__ import annotations

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
    "MAX_POOL_2D",
    needed=("kernel",),
    taken=(*WINDOW, "activation"),
    ranks=IMAGE,
    windowed=True,
    output_sizes=slid,
    faults=window_faults,
)
BUILT_IN = (OperatorShape(RULE, (32, 32, 16), kernel=(2, 2), stride=(2, 2)),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.shape(RULE)


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    return draft.pooled()
