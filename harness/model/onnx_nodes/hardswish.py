"""HardSwish, element by element."""

from __future__ import annotations

from harness.model.onnx_elementwise import unary
from harness.model.onnx_use import NodeUse

KIND = "HardSwish"


def convert(use: NodeUse) -> None:
    """HARD_SWISH."""
    unary(use, "HARD_SWISH")
