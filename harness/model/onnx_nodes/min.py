"""Min: the smaller of two tensors, of one shape or broadcast."""

from __future__ import annotations

from harness.model.onnx_elementwise import binary
from harness.model.onnx_use import NodeUse

KIND = "Min"


def convert(use: NodeUse) -> None:
    """MINIMUM; see `binary`."""
    binary(use, "MINIMUM", fuses=False, same=True)
