"""SOFTMAX over the last axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import OperatorShape, ShapeRule

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule("SOFTMAX")
BUILT_IN = (OperatorShape(RULE, (10,)), OperatorShape(RULE, (64, 10)))


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.shape(RULE)


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    return draft.of_one(1 / 256, -128, beta=1.0)
