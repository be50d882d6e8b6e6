"""Multipliers, paddings and activation bounds, from the paper and the operators' definitions.

Written apart from the image compiler on purpose: two derivations that agree prove more than one.
"""

from __future__ import annotations

import math

import numpy as np


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Jacob et al. 2018, eq. 6: real = m * 2^shift with m in [1/2, 1), m as Q31."""
    if real == 0:
        return 0, 0
    mantissa, shift = math.frexp(real)
    q31 = math.floor(mantissa * 2**31 + 0.5)
    if q31 == 2**31:
        q31, shift = 2**30, shift + 1
    return (q31, shift) if shift >= -31 else (0, 0)


def output_size(size: int, filter_size: int, stride: int, dilation: int, padding: str) -> int:
    """Output positions along one axis."""
    reach = (filter_size - 1) * dilation + 1
    return -(-size // stride) if padding == "SAME" else (size - reach) // stride + 1


def pad_before(size: int, filter_size: int, stride: int, dilation: int, padding: str) -> int:
    """Left or top padding: half of what SAME needs, the smaller half."""
    reach = (filter_size - 1) * dilation + 1
    out = output_size(size, filter_size, stride, dilation, padding)
    return max(0, (out - 1) * stride + reach - size) // 2


def activation_bounds(activation: str, scale: float, zero_point: int) -> tuple[int, int]:
    """Bounds of the fused activation as output codes."""
    low, high = -128, 127
    step = np.float32(scale)
    if activation in ("RELU", "RELU6"):
        low = max(low, zero_point)
    if activation == "RELU6":
        high = min(high, zero_point + math.floor(float(np.float32(6) / step) + 0.5))
    if activation == "RELU_N1_TO_1":
        units = math.floor(float(np.float32(1) / step) + 0.5)
        low, high = max(low, zero_point - units), min(high, zero_point + units)
    return low, high


def softmax_scaling(beta: float, scale: float) -> tuple[int, int, int]:
    """Multiplier and shift of beta * scale in Q5.26, and the lowest difference whose exp counts."""
    multiplier, shift = quantize_multiplier(min(beta * float(np.float32(scale)) * 2**26, 2**31 - 1))
    return multiplier, shift, -math.floor(31 * 2**26 / 2**shift)
