"""Mul: the product of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.model.onnx_elementwise import binary
from harness.model.onnx_use import NodeUse

KIND = "Mul"


def convert(use: NodeUse) -> None:
    """MUL; see `binary`."""
    binary(use, "MUL", fuses=True)
