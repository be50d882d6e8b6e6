"""MEAN over height and width, which leaves one pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import IMAGE, OperatorShape, ShapeRule

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule("MEAN", ranks=IMAGE, output_sizes=lambda shape: (1, 1, shape.input[2]))
BUILT_IN = (OperatorShape(RULE, (8, 8, 64)),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.whole(use.shape(RULE))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    operands = [draft.x(), draft.integers((1, 2))]
    return draft.finish(operands, draft.y(draft.x_scale / 6, draft.y_zero), keep_dims=True)
