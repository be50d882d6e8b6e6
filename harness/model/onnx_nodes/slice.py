"""Slice by constants."""

from __future__ import annotations

from harness.model.onnx_slicing import sliced
from harness.model.onnx_use import NodeUse

KIND = "Slice"


def convert(use: NodeUse) -> None:
    """STRIDED_SLICE."""
    x = use.activation(0)
    rank = len(x.shape)
    starts, ends = use.numbers(1, "starts", "starts"), use.numbers(2, "ends", "ends")
    if starts is None or ends is None:
        raise use.refused("starts or ends are absent", "Export the model again.")
    axes = use.numbers(3, "axes", "axes") or list(range(len(starts)))
    steps = use.numbers(4, "steps", "steps") or [1] * len(starts)
    ranges = [range(size) for size in x.shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        ranges[axis % rank] = range(x.shape[axis % rank])[start:end:step]
    sliced(use, x, ranges)
