"""A neural network as data: tensors, operators and quantisation, free of any file format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class DType(IntEnum):
    """Element types, numbered as `TensorType` in TensorFlow Lite's schema."""

    FLOAT32 = 0
    FLOAT16 = 1
    INT32 = 2
    UINT8 = 3
    INT64 = 4
    STRING = 5
    BOOL = 6
    INT16 = 7
    COMPLEX64 = 8
    INT8 = 9
    FLOAT64 = 10
    COMPLEX128 = 11
    UINT64 = 12
    RESOURCE = 13
    VARIANT = 14
    UINT32 = 15
    UINT16 = 16
    INT4 = 17
    BFLOAT16 = 18
    INT2 = 19

    @property
    def itemsize(self) -> int:
        """Bytes per element; 0 for types without a fixed size (or below one byte)."""
        return _ITEMSIZE.get(self, 0)


_ITEMSIZE = {
    DType.FLOAT32: 4,
    DType.FLOAT16: 2,
    DType.INT32: 4,
    DType.UINT8: 1,
    DType.INT64: 8,
    DType.BOOL: 1,
    DType.INT16: 2,
    DType.INT8: 1,
    DType.FLOAT64: 8,
    DType.UINT64: 8,
    DType.UINT32: 4,
    DType.UINT16: 2,
}


@dataclass(frozen=True)
class Quantization:
    """Affine quantisation: real = scale * (q - zero_point).

    One scale per tensor, or one per index of `axis`.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        """True where each index of `axis` has a scale of its own."""
        return len(self.scales) > 1


@dataclass(frozen=True)
class Tensor:
    """One tensor; `data` is set for constants (little-endian, C order) and None for activations.

    A `variable` keeps its value from one inference to the next; it begins with zeros.
    """

    index: int
    name: str
    dtype: DType
    shape: tuple[int, ...]
    quantization: Quantization | None = None
    data: bytes | None = field(default=None, repr=False)
    variable: bool = False

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes the tensor occupies in memory."""
        if self.dtype is DType.INT4:
            return (self.elements + 1) // 2  # two to a byte
        if self.dtype is DType.INT2:
            return (self.elements + 3) // 4
        return self.elements * self.dtype.itemsize


@dataclass(frozen=True)
class Operator:
    """One operator: TensorFlow Lite's name and builtin code, tensor indices, and its options.

    `inputs` holds -1 for an optional tensor that is absent. `intermediates` are tensors that hold
    nothing but the quantisation of what the operator computes on its way. An `unsigned` operator is
    one of uint8 in the file, whatever its tensors were turned into.
    """

    index: int
    name: str
    opcode: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    intermediates: tuple[int, ...] = ()
    unsigned: bool = False


@dataclass(frozen=True)
class Network:
    """A network in execution order.

    With `keeps_state` its variables keep their values between inputs, else each input begins anew.
    """

    name: str
    source: str
    source_sha256: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    keeps_state: bool = False
