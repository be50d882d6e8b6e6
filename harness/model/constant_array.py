"""Constants of a network as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import DType, Tensor

Constant = NDArray[Any]

NUMPY: dict[DType, np.dtype[Any]] = {
    DType.FLOAT32: np.dtype("<f4"),
    DType.INT8: np.dtype("<i1"),
    DType.UINT8: np.dtype("<u1"),
    DType.INT16: np.dtype("<i2"),
    DType.INT32: np.dtype("<i4"),
    DType.INT64: np.dtype("<i8"),
    DType.BOOL: np.dtype("?"),
}


def array_of(tensor: Tensor) -> Constant | None:
    """The content of a constant in its shape; None for an activation, or a type not listed here."""
    if tensor.data is None or tensor.dtype not in NUMPY:
        return None
    return np.frombuffer(tensor.data, NUMPY[tensor.dtype]).reshape(tensor.shape)


def constant(tensor: Tensor) -> Constant:
    """The content of a tensor that is a constant.

    Raises:
        ValueError: it is none.
    """
    array = array_of(tensor)
    if array is None:
        raise ValueError(f"tensor {tensor.index} is no constant")
    return array
