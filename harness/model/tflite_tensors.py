"""Reads the tensors of a `.tflite` file, their quantisation and their constants."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from harness.domain.network import DType, Quantization, Tensor
from harness.model.tflite_bounds import Bounds

_HIGHEST_RANK = 16


def read_tensors(model: Any, subgraph: Any, bounds: Bounds) -> tuple[Tensor, ...]:
    """All tensors of a subgraph.

    Raises:
        BadModel: a tensor that contradicts itself or the file, or is dynamic or sparse.
    """
    constants = _Constants(model, bounds)
    count = bounds.take(subgraph.TensorsLength(), 4, "the list of tensors")
    return tuple(_tensor(i, subgraph.Tensors(i), constants, bounds) for i in range(count))


class _Constants:
    """The buffers of a file, each read once however many tensors share it."""

    def __init__(self, model: Any, bounds: Bounds) -> None:
        self._model = model
        self._bounds = bounds
        self._count = bounds.take(model.BuffersLength(), 4, "the list of buffers")
        self._read: dict[int, bytes] = {}

    def of(self, index: int, label: str) -> bytes:
        """The content of one buffer; empty where it has none."""
        if index >= self._count:
            raise self._bounds.bad(f"{label} names buffer {index} of {self._count}")
        if index not in self._read:
            self._read[index] = self._content(self._model.Buffers(index), index)
        return self._read[index]

    def _content(self, buffer: Any, index: int) -> bytes:
        label = f"buffer {index}"
        if buffer.Offset() > 1:  # files beyond 2 GB keep constants behind the flatbuffer
            return self._outside(buffer.Offset(), buffer.Size(), label)
        size = self._bounds.take(buffer.DataLength(), 1, label)
        return bytes(buffer.DataAsNumpy()) if size else b""

    def _outside(self, offset: int, size: int, label: str) -> bytes:
        if offset + size > len(self._bounds.data):
            raise self._bounds.bad(
                f"the file is damaged or incomplete: {label} ends at byte {offset + size:,} of "
                f"{len(self._bounds.data):,}"
            )
        self._bounds.take(size, 1, label)
        return self._bounds.data[offset : offset + size]


def _tensor(index: int, table: Any, constants: _Constants, bounds: Bounds) -> Tensor:
    name = bounds.text(table.Name())
    bounds.take(len(name), 1, f"the name of tensor {index}")
    label = f"tensor {index} `{name[:80]}`"
    tensor = Tensor(
        index=index,
        name=name,
        dtype=_dtype(table.Type(), label, bounds),
        shape=_shape(table, label, bounds),
        quantization=_quantization(table.Quantization(), label, bounds),
    )
    if table.Sparsity() is not None:
        raise bounds.bad(f"{label} is stored sparse", "Convert the model without sparsity.")
    if table.IsVariable():
        return replace(tensor, variable=True)
    data = constants.of(table.Buffer(), label)
    if not data and not (tensor.elements == 0 and table.Buffer() != 0):
        return tensor
    _check_size(tensor, data, label, bounds)
    return replace(tensor, data=data)


def _check_size(tensor: Tensor, data: bytes, label: str, bounds: Bounds) -> None:
    sized = tensor.dtype.itemsize or tensor.dtype is DType.INT4
    if sized and len(data) != tensor.nbytes:
        raise bounds.bad(
            f"{label} of shape {list(tensor.shape)} and type {tensor.dtype.name.lower()} takes "
            f"{tensor.nbytes:,} bytes, its buffer holds {len(data):,}"
        )


def _dtype(code: int, label: str, bounds: Bounds) -> DType:
    try:
        return DType(code)
    except ValueError as error:
        raise bounds.bad(f"{label} has the unknown element type {code}") from error


def _shape(table: Any, label: str, bounds: Bounds) -> tuple[int, ...]:
    rank = table.ShapeLength()
    if rank > _HIGHEST_RANK:
        raise bounds.bad(f"{label} claims {rank:,} dimensions")
    shape = bounds.vector(table, "Shape", 4, f"the shape of {label}")
    if any(size < 0 for size in shape):
        raise bounds.bad(
            f"{label} has the shape {list(shape)}: a size below 0 is not known before it runs",
            "Convert the model with fixed input shapes.",
        )
    return shape


def _quantization(table: Any, label: str, bounds: Bounds) -> Quantization | None:
    if table is None:
        return None
    scales = bounds.vector(table, "Scale", 4, f"the scales of {label}")
    zero_points = bounds.vector(table, "ZeroPoint", 8, f"the zero points of {label}")
    if not scales:
        return None
    if len(zero_points) <= 1:
        zero_points = (zero_points or (0,)) * len(scales)
    if len(zero_points) != len(scales):
        raise bounds.bad(f"{label} has {len(scales)} scales and {len(zero_points)} zero points")
    for scale in scales:
        if not math.isfinite(scale) or scale < 0:
            raise bounds.bad(f"{label} has the scale {scale}")
    # Converters leave an axis beyond the rank at biases; only who uses it can judge it.
    return Quantization(scales, zero_points, table.QuantizedDimension())
