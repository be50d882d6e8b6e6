"""RESIZE_NEAREST_NEIGHBOR, which gives `stride` pixels for one in each direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import IMAGE, OperatorShape, ShapeRule, spread

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found

RULE = ShapeRule(
    "RESIZE_NEAREST_NEIGHBOR", needed=("stride",), ranks=IMAGE, windowed=True, output_sizes=spread
)
BUILT_IN = (OperatorShape(RULE, (16, 16, 16), stride=(2, 2)),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    if use.pixels is None:
        return None
    (x_h, x_w), (y_h, y_w) = use.pixels
    return use.whole(use.shape(RULE, stride=(max(1, y_h // x_h), max(1, y_w // x_w))))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    operands = [draft.x(), draft.integers(draft.y_shape[1:3])]
    return draft.finish(operands, draft.y())
