"""Which inputs of an ONNX graph are images, whose channels lie last on the device."""

from __future__ import annotations

from harness.model.onnx_file import Graph

_SPATIAL = {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "Resize"}


def reads_spatially(graph: Graph, name: str) -> bool:
    """Whether the first operators behind Q/DQ and operators of single elements are of images."""
    for node in graph.readers.get(name, ()):
        if node.kind in _SPATIAL:
            return True
        passes = node.kind in {"QuantizeLinear", "DequantizeLinear", "Pad", "Mul", "Sub", "Add"}
        if passes and reads_spatially(graph, node.outputs[0]):
            return True
    return False
