"""A `.tflite` file of int8 as one of uint8: the same real values, codes and zeros plus 128."""

from __future__ import annotations

import struct
from typing import Any

import tflite  # type: ignore[import-untyped]

_TYPE, _ZERO_POINT = 6, 10  # slots of the fields in their tables' vtables: 4 + 2 * their numbers


def unsigned_copy(content: bytes) -> bytes:
    """The file with every quantised int8 tensor made uint8."""
    copy = bytearray(content)
    model = tflite.Model.GetRootAs(content, 0)
    subgraph, changed = model.Subgraphs(0), set()
    for i in range(subgraph.TensorsLength()):
        tensor = subgraph.Tensors(i)
        quantization = tensor.Quantization()
        if tensor.Type() != tflite.TensorType.INT8 or quantization is None:
            continue
        copy[_field(tensor, _TYPE)] = tflite.TensorType.UINT8
        at = quantization._tab.Vector(quantization._tab.Offset(_ZERO_POINT))
        for position in range(quantization.ZeroPointLength()):
            (zero,) = struct.unpack_from("<q", copy, at + 8 * position)
            struct.pack_into("<q", copy, at + 8 * position, zero + 128)
        changed.add(tensor.Buffer())
    for index in changed:
        buffer = model.Buffers(index)
        start = buffer._tab.Vector(buffer._tab.Offset(4)) if buffer.DataLength() else 0
        for at in range(start, start + buffer.DataLength()):
            copy[at] ^= 0x80
    return bytes(copy)


def _field(table: Any, slot: int) -> int:
    return int(table._tab.Pos + table._tab.Offset(slot))
