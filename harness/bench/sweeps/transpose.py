"""TRANSPOSE of the last two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import OperatorShape, ShapeRule

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule(
    "TRANSPOSE",
    ranks=(2, 3),
    output_sizes=lambda shape: (*shape.input[:-2], shape.input[-1], shape.input[-2]),
)
BUILT_IN = (OperatorShape(RULE, (32, 32, 16)),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.whole(use.shape(RULE))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    *others, rows, columns = range(len(draft.x_shape))
    operands = [draft.x(), draft.integers((*others, columns, rows))]
    return draft.finish(operands, draft.y())
