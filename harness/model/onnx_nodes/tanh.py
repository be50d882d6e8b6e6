"""Tanh, element by element."""

from __future__ import annotations

from harness.domain.network import Quantization
from harness.model.onnx_elementwise import unary
from harness.model.onnx_use import NodeUse

KIND = "Tanh"
_PRESCRIBED = Quantization((1 / 128,), (0,))


def convert(use: NodeUse) -> None:
    """TANH with the output that TensorFlow Lite prescribes, requantised to the graph's."""
    unary(use, "TANH", own=_PRESCRIBED)
