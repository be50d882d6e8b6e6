"""Weights and biases of ONNX operators as those of TensorFlow Lite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Quantization
from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import Constant

_INT32 = np.iinfo(np.int32)


def weight_tensor(
    use: NodeUse, codes: NDArray[Any], quantization: Quantization, order: Sequence[int]
) -> tuple[int, Quantization]:
    """Add weights with their axes in `order`; return the tensor and its quantisation there."""
    axis = list(order).index(quantization.axis) if quantization.per_channel else 0
    kept = replace(quantization, axis=axis)
    return use.device.constant(codes.transpose(order), kept), kept


def bias_tensor(
    use: NodeUse, bias: Constant | None, x: Quantization, weights: Quantization, channels: int
) -> int:
    """Add a bias in steps of scale(x) * scale(weights), as the accumulators of kernels have it.

    Raises:
        UnsupportedOperator: another number of values than `channels`, or beyond 32 bits.
    """
    scales = np.float64(x.scales[0]) * np.asarray(weights.scales, np.float64)
    real = np.zeros(channels) if bias is None else bias.real().ravel()
    if real.size == 1:
        real = np.repeat(real, channels)
    codes = np.rint(real / scales) if real.size == channels else np.array([np.inf])
    if not np.all((codes >= _INT32.min) & (codes <= _INT32.max)):
        raise use.refused(
            f"the bias of {real.size} values does not fit {channels} channels in 32 bits",
            "Quantise the model again.",
        )
    kept = Quantization(tuple(map(float, scales)), (0,) * len(scales))
    return use.device.constant(codes.astype(np.int32), kept)


def optional_bias(use: NodeUse, position: int) -> Constant | None:
    """The bias at `position`, if there is one."""
    return use.constant(position, "bias") if use.given(position) else None
