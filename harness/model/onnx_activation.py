"""Relu and Clip behind another operator, as that operator's fused activation."""

from __future__ import annotations

import math

from harness.domain.network import Quantization
from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import CODES, Constant

Bounds = tuple[float, float]

_NAMES: dict[Bounds, str] = {
    (0.0, math.inf): "RELU",
    (0.0, 6.0): "RELU6",
    (-1.0, 1.0): "RELU_N1_TO_1",
}


def bounds_of(use: NodeUse) -> Bounds | None:
    """The bounds of a Relu or Clip; None for another node, or bounds that are not constants."""
    if use.node.kind == "Relu":
        return 0.0, math.inf
    if use.node.kind != "Clip":
        return None
    found = []
    for position, attribute, default in ((1, "min", -math.inf), (2, "max", math.inf)):
        if not use.given(position):
            found.append(float(use.option(attribute, default)))
            continue
        name = use.node.inputs[position]
        value = use.conversion.values.get(name)
        if not isinstance(value, Constant) or value.array.size != 1:
            return None
        found.append(float(value.real().ravel()[0]))
    return found[0], found[1]


def fused(bounds: Bounds, quantization: Quantization) -> str | None:
    """The fused activation with the effect of `bounds` on codes, None where there is none."""
    (scale,), (zero,) = quantization.scales, quantization.zero_points
    lowest, highest = (round(min(max(bound / scale, -1e6), 1e6)) + zero for bound in bounds)
    for known, name in {(-math.inf, math.inf): "NONE", **_NAMES}.items():
        low, high = (round(min(max(bound / scale, -1e6), 1e6)) + zero for bound in known)
        if _inside(lowest, highest) == _inside(low, high):
            return name
    return None


def _inside(low: int, high: int) -> tuple[int, int]:
    return max(low, CODES[0]), min(high, CODES[1])
