"""Values of an ONNX graph: constants, and activations that lie quantised in the device's order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Quantization

CODES = (-128, 127)


@dataclass(frozen=True)
class Constant:
    """A constant in ONNX's order of axes: codes where it is quantised, else as it is."""

    array: NDArray[Any]
    quantization: Quantization | None = None

    def real(self) -> NDArray[np.float64]:
        """The values that the codes stand for."""
        values = self.array.astype(np.float64)
        if self.quantization is None:
            return values
        scales, zeros = self.quantization.scales, self.quantization.zero_points
        if not self.quantization.per_channel:
            return (values - zeros[0]) * scales[0]
        shape = [1] * values.ndim
        shape[self.quantization.axis] = len(scales)
        reals: NDArray[np.float64] = (values - np.reshape(zeros, shape)) * np.reshape(scales, shape)
        return reals


@dataclass(frozen=True)
class Activation:
    """A tensor of the device.

    `shape` is ONNX's; axis d on the device is ONNX's axis `order[d]`. Where `columns` is given,
    column j on the device is column `columns[j]` of the matrix that ONNX has.
    """

    index: int
    shape: tuple[int, ...]
    order: tuple[int, ...]
    quantization: Quantization
    columns: tuple[int, ...] | None = None

    @property
    def device_shape(self) -> tuple[int, ...]:
        """The sizes in the device's order."""
        return tuple(self.shape[axis] for axis in self.order)


Value = Constant | Activation


def natural(rank: int) -> tuple[int, ...]:
    """ONNX's own order of axes."""
    return tuple(range(rank))


def channels_last(rank: int) -> tuple[int, ...]:
    """Channels, ONNX's axis 1, behind all others."""
    return (0, *range(2, rank), 1)


def signed(array: NDArray[Any], zero_points: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Codes and zero points of uint8 less 128, which stand for the same values; others as is."""
    if array.dtype != np.uint8:
        return array, zero_points
    return (array.astype(np.int16) - 128).astype(np.int8), zero_points.astype(np.int64) - 128
