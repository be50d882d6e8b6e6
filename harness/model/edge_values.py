"""Values at the edges of a network: as its file has them, and as a device does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import DType, Tensor
from harness.errors import BadModel
from harness.model.constant_array import NUMPY
from harness.model.operator_use import describe

_UINT8_TO_INT8 = (DType.UINT8, DType.INT8)


def numpy_type(tensor: Tensor, where: str) -> np.dtype[Any]:
    """The element type of `tensor` for numpy, little-endian.

    Raises:
        BadModel: numpy has none.
    """
    if tensor.dtype not in NUMPY:
        raise BadModel(
            f"{describe(tensor)} has elements that numpy cannot hold",
            where=where,
            hint="Export a model with int8 input and output.",
        )
    return NUMPY[tensor.dtype]


def in_file(values: NDArray[Any], device: Tensor, file: Tensor) -> NDArray[Any]:
    """What the file's tensor holds where the device's holds `values`.

    uint8 is int8 plus 128; a real value is scale * (q - zero point), which LiteRT's QUANTIZE turns
    into q again.
    """
    if (file.dtype, device.dtype) == _UINT8_TO_INT8:
        return (values.astype(np.int16) + 128).astype(np.uint8)
    if file.dtype is DType.FLOAT32 and device.quantization is not None:
        scale, zero = device.quantization.scales[0], device.quantization.zero_points[0]
        return ((values.astype(np.float64) - zero) * scale).astype(np.float32)
    return values


def on_device(values: NDArray[Any], device: Tensor, file: Tensor) -> NDArray[Any]:
    """What the device's tensor holds where the file's holds `values`: the inverse of `in_file`."""
    if (file.dtype, device.dtype) == _UINT8_TO_INT8:
        return (values.astype(np.int16) - 128).astype(np.int8)
    if file.dtype is DType.FLOAT32 and device.quantization is not None:
        scale, zero = device.quantization.scales[0], device.quantization.zero_points[0]
        codes = np.rint(values.astype(np.float64) / scale) + zero
        limits = np.iinfo(NUMPY[device.dtype])
        clipped: NDArray[Any] = np.clip(codes, limits.min, limits.max)
        return clipped.astype(NUMPY[device.dtype])
    return values
