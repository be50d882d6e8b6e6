"""AVERAGE_POOL_2D: a window over each channel."""

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
    "AVERAGE_POOL_2D",
    needed=("kernel",),
    taken=(*WINDOW, "activation"),
    ranks=IMAGE,
    windowed=True,
    output_sizes=slid,
    faults=window_faults,
)
BUILT_IN = (
    OperatorShape(RULE, (32, 32, 16), kernel=(2, 2), stride=(2, 2)),
    OperatorShape(RULE, (8, 8, 64), kernel=(8, 8), padding="VALID"),
)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.shape(RULE)


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    return draft.pooled()
