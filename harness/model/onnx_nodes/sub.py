"""Sub: the difference of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.model.onnx_elementwise import binary
from harness.model.onnx_use import NodeUse

KIND = "Sub"


def convert(use: NodeUse) -> None:
    """SUB; see `binary`."""
    binary(use, "SUB", fuses=True)
