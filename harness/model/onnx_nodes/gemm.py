"""Gemm of an activation and constant weights."""

from __future__ import annotations

from harness.model.onnx_dense import dense
from harness.model.onnx_use import NodeUse

KIND = "Gemm"


def convert(use: NodeUse) -> None:
    """FULLY_CONNECTED; alpha and beta other than 1 and a transposed input are refused."""
    for name, supported in (("alpha", 1.0), ("beta", 1.0), ("transA", 0)):
        if use.option(name, supported) != supported:
            raise use.refused(
                f"`{name}` is {use.option(name, supported):g}; {supported:g} is supported",
                "Export the model of Linear layers.",
            )
    dense(use, transposed=bool(use.option("transB", 0)), bias=2)
