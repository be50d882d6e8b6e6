"""HARD_SWISH, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import OperatorShape, ShapeRule

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule("HARD_SWISH")
BUILT_IN = (OperatorShape(RULE, (32, 32, 16)),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.whole(use.shape(RULE))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    return draft.of_one()
