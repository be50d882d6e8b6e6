"""HardSigmoid as part of a HardSwish."""

from __future__ import annotations

from harness.model.onnx_hard_swish import only_gates
from harness.model.onnx_use import NodeUse

KIND = "HardSigmoid"


def convert(use: NodeUse) -> None:
    """Nothing: the Mul behind it becomes HARD_SWISH. On its own it is refused."""
    if not only_gates(use.graph, use.node.outputs[0]):
        raise use.refused(
            "it is not the gate of a HardSwish (slope 1/6, times its own input)",
            "Build the model of HardSwish or Sigmoid.",
        )
