"""Add: the sum of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.model.onnx_elementwise import binary
from harness.model.onnx_use import NodeUse

KIND = "Add"


def convert(use: NodeUse) -> None:
    """ADD; see `binary`."""
    binary(use, "ADD", fuses=True)
