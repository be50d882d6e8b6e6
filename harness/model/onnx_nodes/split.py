"""Split into parts along an axis."""

from __future__ import annotations

from itertools import accumulate

from harness.model.onnx_slicing import sliced
from harness.model.onnx_use import NodeUse

KIND = "Split"


def convert(use: NodeUse) -> None:
    """STRIDED_SLICE for each output, whose shape tells its size."""
    x = use.activation(0)
    axis = int(use.option("axis", 0)) % len(x.shape)
    sizes = [use.shape(name)[axis] for name in use.node.outputs]
    for number, (end, size) in enumerate(zip(accumulate(sizes), sizes, strict=True)):
        ranges = [range(whole) for whole in x.shape]
        ranges[axis] = range(end - size, end)
        sliced(use, x, ranges, number)
