"""ReduceMean over constant axes."""

from __future__ import annotations

from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import natural

KIND = "ReduceMean"


def convert(use: NodeUse) -> None:
    """MEAN; axes that stay keep their order on the device."""
    x = use.activation(0)
    rank = len(x.shape)
    axes = use.numbers(1, "axes", "axes")
    if axes is None:
        axes = list(natural(rank))
    gone = {axis % rank for axis in axes}
    if x.columns is not None:
        x = use.laid_out(x, x.order)
    keeps = bool(use.option("keepdims", 1))
    left = [axis for axis in natural(rank) if axis not in gone]
    order = x.order if keeps else tuple(left.index(axis) for axis in x.order if axis in left)
    device_axes = sorted(x.order.index(axis) for axis in gone)
    use.write("MEAN", [x.index, use.device.integers(device_axes)], order=order, keep_dims=keeps)
