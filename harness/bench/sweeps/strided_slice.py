"""STRIDED_SLICE, which takes each `stride`-th pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import IMAGE, OperatorShape, ShapeRule, slid

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule("STRIDED_SLICE", needed=("stride",), ranks=IMAGE, windowed=True, output_sizes=slid)
BUILT_IN = (OperatorShape(RULE, (32, 32, 16), stride=(2, 2)),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    if use.pixels is None:
        return None
    (x_h, x_w), (y_h, y_w) = use.pixels
    return use.whole(use.shape(RULE, stride=(max(1, x_h // y_h), max(1, x_w // y_w))))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    constants = ((0, 0, 0, 0), draft.x_shape, (1, *draft.shape.stride, 1))
    operands = [draft.x(), *(draft.integers(values) for values in constants)]
    return draft.finish(operands, draft.y())
