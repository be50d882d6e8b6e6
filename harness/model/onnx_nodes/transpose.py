"""Transpose: another order of the axes, in which elements stay where they are on the device."""

from __future__ import annotations

from dataclasses import replace

from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import Constant, natural

KIND = "Transpose"


def convert(use: NodeUse) -> None:
    """No operator: an operator behind it that needs ONNX's order will move the elements."""
    value = use.either(0)
    rank = value.array.ndim if isinstance(value, Constant) else len(value.shape)
    axes = [int(axis) for axis in use.option("perm", natural(rank)[::-1])]
    if isinstance(value, Constant):
        quantization = value.quantization
        if quantization is not None and quantization.per_channel:
            quantization = replace(quantization, axis=axes.index(quantization.axis))
        moved = Constant(value.array.transpose(axes), quantization)
        use.conversion.define(moved, use.node.outputs[0])
        return
    if value.columns is not None:
        value = use.laid_out(value, value.order)
    order = tuple(axes.index(axis) for axis in value.order)
    use.keep(replace(value, shape=use.shape(), order=order))
