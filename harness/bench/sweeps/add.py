"""ADD of two tensors of one shape, one of them a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import OperatorShape, ShapeRule

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule("ADD", taken=("activation",))
BUILT_IN = (OperatorShape(RULE, (32, 32, 16)),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.whole(use.shape(RULE)) if use.alike else None


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    return draft.of_two(y_scale_over_x=1.3)
