"""What Reshape, Flatten, Squeeze and Unsqueeze have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import Activation, Constant, natural

_PASSES = {"QuantizeLinear", "DequantizeLinear", "Identity", "Dropout", "Relu"}


def reshape(use: NodeUse) -> None:
    """The elements in ONNX's order under the output's shape.

    Where only matrices of weights read rows of it, their columns are reordered on the host, and
    elements stay where they are.
    """
    value = use.either(0)
    shape = use.shape()
    if isinstance(value, Constant):
        if value.quantization is not None and value.quantization.per_channel:
            raise use.refused("a constant has a scale for each channel", "Fold constants first.")
        kept = replace(value, array=value.array.reshape(shape))
        use.conversion.define(kept, use.node.outputs[0])
        return
    columns = _columns(use, value, shape)
    x = value if columns is not None else use.laid_out(value, natural(len(value.shape)))
    placed = use.device.reshaped(use.placed(x), shape)
    use.keep(Activation(placed.index, shape, natural(len(shape)), placed.quantization, columns))


def _columns(use: NodeUse, x: Activation, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Which of ONNX's columns each of the device's is; None where elements have to move."""
    rank = len(x.shape)
    rows_stay = len(shape) == 2 and shape[0] == x.shape[0] and x.order[0] == 0
    if x.columns is not None or x.order == natural(rank) or not rows_stay:
        return None
    if not _only_weights_read(use, use.node.outputs[0]):
        return None
    elements = np.arange(int(np.prod(x.shape[1:]))).reshape(x.shape[1:])
    moved = elements.transpose([axis - 1 for axis in x.order[1:]])
    return tuple(int(column) for column in moved.ravel())


def _only_weights_read(use: NodeUse, name: str) -> bool:
    graph = use.graph
    readers = graph.readers.get(name, ())
    if not readers or name in graph.outputs:
        return False
    return all(
        _only_weights_read(use, node.outputs[0])
        if node.kind in _PASSES
        else node.kind in ("Gemm", "MatMul")
        and node.inputs[0] == name
        and isinstance(use.conversion.values.get(node.inputs[1]), Constant)
        for node in readers
    )
