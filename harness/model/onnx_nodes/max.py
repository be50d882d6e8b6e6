"""Max: the larger of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.model.onnx_elementwise import binary
from harness.model.onnx_use import NodeUse

KIND = "Max"


def convert(use: NodeUse) -> None:
    """MAXIMUM; see `binary`."""
    binary(use, "MAXIMUM", fuses=False, same=True)
