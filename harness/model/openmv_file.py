"""Reads and writes OpenMV's `.network` files; each fault is told with the byte it was met at.

Format: u32 little-endian throughout, weights and biases int8, no padding, no check value.
Source: OpenMV firmware v3.6.0, `nn_load_network` in `src/omv/nn/nn.c`, and `nn_convert.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import numpy as np

from harness.errors import BadModel
from harness.model.interleaved_weights import interleaved, plain
from harness.model.openmv_layers import (
    Q7,
    BlobShape,
    Convolution,
    Data,
    InnerProduct,
    Layer,
    Pool,
    PoolKind,
    Relu,
)

MAGIC = b"CAFE"
LARGEST_FILE = 64 * 2**20
LARGEST_SHIFT = 22
LARGEST_OUT_SHIFT = 30
_MOST_LAYERS = 1000
_LARGEST_SIDE = 1 << 15
_HINT = "Fetch the file again, or convert the network again."


class _Cursor:
    """The bytes of a file from the front, with the place of each fault."""

    def __init__(self, data: bytes, where: str) -> None:
        self._data, self._where, self.at = data, where, 0

    def bad(self, what: str, at: int | None = None) -> BadModel:
        return BadModel(
            f"byte {self.at if at is None else at:,} of {len(self._data):,}: {what}",
            where=self._where,
            hint=_HINT,
        )

    def take(self, count: int, what: str) -> bytes:
        if count > len(self._data) - self.at:
            raise self.bad(f"the file ends inside {what}, which needs {count:,} bytes")
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self, what: str, low: int, high: int) -> int:
        at = self.at
        value = int.from_bytes(self.take(4, what), "little")
        if not low <= value <= high:
            raise self.bad(f"{what} is {value}; {low} to {high} are possible", at)
        return value

    def array(self, what: str, count: int) -> Q7:
        at = self.at
        found = self.number(f"the number of {what}", 0, 2**32 - 1)
        if found != count:
            raise self.bad(f"there are {found:,} {what}; the layer's sizes need {count:,}", at)
        return np.frombuffer(self.take(count, f"the {what}"), np.int8)

    def end(self) -> None:
        left = len(self._data) - self.at
        if left:
            raise self.bad(f"{left:,} bytes follow the last layer")


def parse_openmv(data: bytes, where: str) -> list[Layer]:
    """The layers in the content of a `.network` file; `where` is told in errors.

    Raises:
        BadModel: wrong magic, cut, an unknown layer, or sizes that contradict each other.
    """
    if data[:4] != MAGIC:
        raise BadModel(
            f"not an OpenMV network: it begins with {data[:4]!r}, not {MAGIC!r}",
            where=where,
            hint="Give a `.network` file, as OpenMV's firmware 3.0 to 3.8 loads it.",
        )
    cursor = _Cursor(data, where)
    cursor.take(4, "the magic")
    layers: list[Layer] = []
    for number in range(cursor.number("the number of layers", 1, _MOST_LAYERS)):
        at = cursor.at
        kind = cursor.number("the type of a layer", 0, 2**32 - 1)
        if kind not in _READERS:
            raise cursor.bad(f"layer {number} has the unknown type {kind}; 0 to 4 are known", at)
        if (kind == 0) != (number == 0):
            raise cursor.bad("the data layer must be the first, and only the first", at)
        before = layers[-1].shape if layers else None
        layers.append(_READERS[kind](cursor, _shape(cursor), before or BlobShape(1, 0, 0, 0)))
    cursor.end()
    return layers


def _shape(cursor: _Cursor) -> BlobShape:
    n, c, h, w = (cursor.number(f"{axis} of a layer", 1, _LARGEST_SIDE) for axis in "nchw")
    return BlobShape(n, c, h, w)


def _data(cursor: _Cursor, shape: BlobShape, before: BlobShape) -> Data:
    if shape.c not in (1, 3):
        raise cursor.bad(f"the data layer has {shape.c} channels; 1 and 3 are possible")
    red, green, blue = (cursor.number(f"the mean of {c}", 0, 255) for c in ("r", "g", "b"))
    shift = cursor.number("the input scale", 0, LARGEST_OUT_SHIFT)
    return Data(shape, (red, green, blue), shift)


def _shifts(cursor: _Cursor) -> tuple[int, int]:
    bias = cursor.number("l_shift", 0, LARGEST_SHIFT)
    return bias, cursor.number("r_shift", 0, LARGEST_OUT_SHIFT)


def _window(cursor: _Cursor) -> tuple[int, int, int]:
    kernel = cursor.number("the kernel size", 1, _LARGEST_SIDE)
    pad = cursor.number("the padding", 0, kernel - 1)
    return kernel, pad, cursor.number("the stride", 1, _LARGEST_SIDE)


def _convolution(cursor: _Cursor, shape: BlobShape, before: BlobShape) -> Convolution:
    bias_shift, out_shift = _shifts(cursor)
    kernel, pad, stride = _window(cursor)
    for axis, size in (("h", before.h), ("w", before.w)):
        wanted, found = (size + 2 * pad - kernel) // stride + 1, getattr(shape, axis)
        if found != wanted:
            raise cursor.bad(f"{axis} of a convolution is {found}; its input gives {wanted}")
    if kernel * kernel * before.c > 0xFFFF:
        raise cursor.bad(f"a filter has {kernel * kernel * before.c:,} weights; 65,535 can be")
    weights = cursor.array("weights", shape.c * kernel * kernel * before.c)
    return Convolution(
        shape=shape,
        bias_shift=bias_shift,
        out_shift=out_shift,
        kernel=kernel,
        pad=pad,
        stride=stride,
        weights=weights.reshape(shape.c, kernel, kernel, before.c),
        biases=cursor.array("biases", shape.c),
    )


def _relu(cursor: _Cursor, shape: BlobShape, before: BlobShape) -> Relu:
    if shape.elements != before.elements:
        raise cursor.bad(f"a ReLU has {shape.elements:,} outputs for {before.elements:,} inputs")
    return Relu(BlobShape(shape.n, before.c, before.h, before.w))


def _pool(cursor: _Cursor, shape: BlobShape, before: BlobShape) -> Pool:
    kind = PoolKind(cursor.number("the kind of pooling", 0, 1))
    kernel, pad, stride = _window(cursor)
    if shape.c != before.c:
        raise cursor.bad(f"pooling gives {shape.c} channels of {before.c}")
    for axis, size in (("h", before.h), ("w", before.w)):
        found = getattr(shape, axis)
        if (found - 1) * stride - pad >= size:
            raise cursor.bad(f"{axis} of a pooling is {found}: its last window is off the image")
    if stride - pad < 1 and max(shape.h, shape.w) > 1:
        raise cursor.bad(
            f"pooling with stride {stride} and padding {pad}: the old kernels, which work in "
            "place, overwrote what they still needed"
        )
    return Pool(shape, kind, kernel, pad, stride)


def _inner_product(cursor: _Cursor, shape: BlobShape, before: BlobShape) -> InnerProduct:
    bias_shift, out_shift = _shifts(cursor)
    if (shape.h, shape.w) != (1, 1):
        raise cursor.bad(f"a fully connected layer has outputs of {shape.h} x {shape.w}, not 1 x 1")
    if before.elements > 0xFFFF:
        raise cursor.bad(f"a fully connected layer has {before.elements:,} inputs; 65,535 can be")
    stored = cursor.array("weights", shape.c * before.elements)
    return InnerProduct(
        shape=shape,
        bias_shift=bias_shift,
        out_shift=out_shift,
        weights=plain(stored, shape.c, before.elements),
        biases=cursor.array("biases", shape.c),
    )


_READERS: dict[int, Callable[[_Cursor, BlobShape, BlobShape], Layer]] = {
    0: _data,
    1: _convolution,
    2: _relu,
    3: _pool,
    4: _inner_product,
}


def encode_openmv(layers: Sequence[Layer]) -> bytes:
    """The content of a `.network` file with these layers."""
    return b"".join([MAGIC, _words(len(layers)), *map(_encoded, layers)])


def _encoded(layer: Layer) -> bytes:
    shape = layer.shape
    sizes = (shape.n, shape.c, shape.h, shape.w)
    match layer:
        case Data():
            return _words(0, *sizes, *layer.means, layer.shift)
        case Relu():
            return _words(2, *sizes)
        case Pool():
            return _words(3, *sizes, layer.kind, layer.kernel, layer.pad, layer.stride)
        case Convolution():
            fields = (layer.bias_shift, layer.out_shift, layer.kernel, layer.pad, layer.stride)
            return _words(1, *sizes, *fields) + _arrays(layer.weights.ravel(), layer.biases)
        case InnerProduct():
            stored = interleaved(layer.weights)
            return _words(4, *sizes, layer.bias_shift, layer.out_shift) + _arrays(
                stored, layer.biases
            )


def _arrays(*arrays: Q7) -> bytes:
    return b"".join(_words(len(array)) + array.tobytes() for array in arrays)


def _words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)
