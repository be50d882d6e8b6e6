"""Sigmoid, element by element."""

from __future__ import annotations

from harness.domain.network import Quantization
from harness.model.onnx_elementwise import unary
from harness.model.onnx_use import NodeUse

KIND = "Sigmoid"
_PRESCRIBED = Quantization((1 / 256,), (-128,))


def convert(use: NodeUse) -> None:
    """LOGISTIC with the output that TensorFlow Lite prescribes, requantised to the graph's."""
    unary(use, "LOGISTIC", own=_PRESCRIBED)
