"""Reshape: the same elements under another shape."""

from __future__ import annotations

from harness.model.onnx_shape import reshape
from harness.model.onnx_use import NodeUse

KIND = "Reshape"


def convert(use: NodeUse) -> None:
    """RESHAPE; see `reshape`."""
    reshape(use)
