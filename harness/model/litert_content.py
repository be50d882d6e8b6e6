"""Mends what LiteRT refuses in models that run elsewhere, without a change to what they compute."""

from __future__ import annotations

import struct

import tflite  # type: ignore[import-untyped]

_QUANTIZED_DIMENSION = 16  # slot of the field in the table's vtable: 4 + 2 * its number, 6


def accepted_by_litert(content: bytes) -> tuple[bytes, str]:
    """Return a model with each quantised dimension inside the rank of its tensor.

    The second part says what was changed, and is empty where nothing was.

    Converters of 2020 gave biases the dimension of the weights they belong to (TensorFlow Lite
    Micro's `person_detect.tflite`). Kernels never ask for a bias's, but LiteRT checks it.

    Args:
        content: a `.tflite` file that `parse_tflite` has read.
    """
    mended, changed = bytearray(content), 0
    subgraph = tflite.Model.GetRootAs(content, 0).Subgraphs(0)
    for i in range(subgraph.TensorsLength()):
        tensor = subgraph.Tensors(i)
        quantization = tensor.Quantization()
        if quantization is not None and quantization.QuantizedDimension() >= tensor.ShapeLength():
            table = quantization._tab
            offset = table.Offset(_QUANTIZED_DIMENSION)
            if offset:
                struct.pack_into("<i", mended, table.Pos + offset, 0)
                changed += 1
    if not changed:
        return content, ""
    tensors = "1 tensor" if changed == 1 else f"{changed} tensors"
    return bytes(mended), f"{tensors} with a quantised dimension beyond the rank"
