"""Mul: the product of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.model.onnx_elementwise import binary
from harness.model.onnx_hard_swish import gated
from harness.model.onnx_use import NodeUse

KIND = "Mul"


def convert(use: NodeUse) -> None:
    """MUL, see `binary`; HARD_SWISH for x times its own HardSigmoid, which is then not rounded."""
    name = gated(use.graph, use.node)
    if name is None:
        binary(use, "MUL", fuses=True)
        return
    x = use.activation(use.node.inputs.index(name))
    use.write("HARD_SWISH", [x.index], order=x.order, columns=x.columns)
