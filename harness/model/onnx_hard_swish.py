"""HardSwish as tools for ONNX take it apart: a HardSigmoid times what it was computed of."""

from __future__ import annotations

import math

from harness.model.onnx_file import Graph, Node

_QUANTIZES = {"QuantizeLinear", "DequantizeLinear"}


def gated(graph: Graph, product: Node) -> str | None:
    """The input x of a Mul that computes x times HardSigmoid(x) of slope 1/6; None for others."""
    if product.kind != "Mul" or len(product.inputs) != 2:
        return None
    for gate, x in (product.inputs, product.inputs[::-1]):
        node = graph.writers.get(_before_quantization(graph, gate))
        if node is None or not _is_gate(node):
            continue
        if _before_quantization(graph, node.inputs[0]) == _before_quantization(graph, x):
            return x
    return None


def only_gates(graph: Graph, name: str) -> bool:
    """Whether all that reads a HardSigmoid's output, also behind Q/DQ, are such products."""
    readers = graph.readers.get(name, ())
    return bool(readers) and all(
        only_gates(graph, node.outputs[0]) if node.kind in _QUANTIZES else gated(graph, node)
        for node in readers
    )


def _is_gate(node: Node) -> bool:
    alpha, beta = (float(node.attributes.get(n, d)) for n, d in (("alpha", 0.2), ("beta", 0.5)))
    return node.kind == "HardSigmoid" and math.isclose(alpha, 1 / 6, rel_tol=1e-4) and beta == 0.5


def _before_quantization(graph: Graph, name: str) -> str:
    """The value whose codes `name` stands for."""
    node = graph.writers.get(name)
    while node is not None and node.kind in _QUANTIZES:
        name = node.inputs[0]
        node = graph.writers.get(name)
    return name
