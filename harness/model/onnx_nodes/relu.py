"""Relu that is not part of the operator before it."""

from __future__ import annotations

from harness.model.onnx_elementwise import unary
from harness.model.onnx_use import NodeUse

KIND = "Relu"


def convert(use: NodeUse) -> None:
    """RELU."""
    unary(use, "RELU")
