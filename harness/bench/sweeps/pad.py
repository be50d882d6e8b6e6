"""PAD by what a VALID window of `kernel` would lose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import IMAGE, OperatorShape, ShapeRule, Sizes

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found


def _padded(shape: OperatorShape) -> Sizes:
    (h, w, c), (kernel_h, kernel_w) = shape.input, shape.kernel
    return h + kernel_h - 1, w + kernel_w - 1, c


RULE = ShapeRule("PAD", needed=("kernel",), ranks=IMAGE, windowed=True, output_sizes=_padded)
BUILT_IN = (OperatorShape(RULE, (32, 32, 16), kernel=(3, 3)),)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    if use.pixels is None:
        return None
    (x_h, x_w), (y_h, y_w) = use.pixels
    return use.whole(use.shape(RULE, kernel=(y_h - x_h + 1, y_w - x_w + 1)))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    lost = [(0, 0), *(((kernel - 1) // 2, kernel // 2) for kernel in draft.shape.kernel), (0, 0)]
    return draft.finish([draft.x(), draft.integers(lost)], draft.y())
