"""LeakyRelu, element by element."""

from __future__ import annotations

from harness.model.onnx_elementwise import unary
from harness.model.onnx_use import NodeUse

KIND = "LeakyRelu"


def convert(use: NodeUse) -> None:
    """LEAKY_RELU with the node's alpha."""
    unary(use, "LEAKY_RELU", alpha=float(use.option("alpha", 0.01)))
