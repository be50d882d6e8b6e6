"""BATCH_MATMUL of the input and a constant of `output` columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import OperatorShape, ShapeRule

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule("BATCH_MATMUL", needed=("output",), ranks=(2, 3))
BUILT_IN = (OperatorShape(RULE, (32, 64), 32),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    # Of a network one matrix is taken too: its rows are the batch.
    return use.whole(use.shape(RULE, output=use.y.shape[-1]), ranks=(1, 3))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    depth, columns = draft.shape.input[-1], draft.shape.output
    b = draft.weights("b", (*draft.x_shape[:-2], depth, columns))
    return draft.finish([draft.x(), b], draft.y(draft.y_scale(depth), draft.y_zero))
