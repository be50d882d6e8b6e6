"""MaxPool over one or two axes."""

from __future__ import annotations

from harness.model.onnx_pool import pool
from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import CODES

KIND = "MaxPool"


def convert(use: NodeUse) -> None:
    """MAX_POOL_2D; padding that is neither SAME nor VALID is made of the lowest code."""
    pool(use, "MAX_POOL_2D", CODES[0])
