"""Clip that is not part of the operator before it."""

from __future__ import annotations

from harness.model.onnx_activation import bounds_of, fused
from harness.model.onnx_elementwise import unary
from harness.model.onnx_use import QUANTIZE_ALL, NodeUse

KIND = "Clip"
_OPERATORS = {"RELU": "RELU", "RELU6": "RELU6", "NONE": "QUANTIZE"}


def convert(use: NodeUse) -> None:
    """RELU, RELU6, or nothing but QUANTIZE where no code lies outside the bounds."""
    bounds = bounds_of(use)
    wanted = use.conversion.destination(use.node.outputs[0], fuses=False).quantization
    if bounds is None:
        raise use.refused("its bounds are not constants", "Export the model with constant bounds.")
    if wanted is None:
        raise use.refused(f"its output `{use.node.outputs[0]}` is not quantised", QUANTIZE_ALL)
    operator = _OPERATORS.get(fused(bounds, wanted) or "")
    if operator is None:
        raise use.refused(
            f"it bounds to {bounds[0]:g} and {bounds[1]:g}; 0 or none below, and 6 or none above, "
            "are supported",
            "Build the model of Relu or Relu6.",
        )
    unary(use, operator)
