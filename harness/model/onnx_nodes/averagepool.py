"""AveragePool over one or two axes."""

from __future__ import annotations

from harness.model.onnx_pool import pool
from harness.model.onnx_use import NodeUse

KIND = "AveragePool"


def convert(use: NodeUse) -> None:
    """AVERAGE_POOL_2D; zeros that count are padded before."""
    pool(use, "AVERAGE_POOL_2D", None)
