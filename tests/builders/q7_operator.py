"""One q7 operator as the host compiles it, and what the integer simulation says it gives."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from harness.domain.image import ModelImage
from harness.domain.network import Network
from harness.model.compile import compile_image
from harness.model.openmv_layers import (
    BlobShape,
    Convolution,
    Data,
    InnerProduct,
    Layer,
    Pool,
    PoolKind,
    Relu,
)
from harness.model.q7_network import q7_network
from harness.model.q7_reference import Q7Reference

_TABLES = struct.Struct("<4I")
_TABLES_AT = 52
_TENSOR_BYTES, _DIMS_AT, _DTYPE_AT = 32, 8, 24


def network_of(*layers: Layer, host_preprocessing: bool = False) -> Network:
    return q7_network(
        layers,
        name="q7",
        source="q7.network",
        source_sha256="00" * 32,
        host_preprocessing=host_preprocessing,
    )


def small_network() -> list[Layer]:
    """Every kind of layer: 6x6x3 to 5, always with the same weights."""
    random = np.random.default_rng(9)

    def codes(*shape: int) -> NDArray[np.int8]:
        return random.integers(-128, 128, shape).astype(np.int8)

    return [
        Data(BlobShape(100, 3, 6, 6), (125, 123, 114), 8),
        Convolution(BlobShape(100, 4, 6, 6), 2, 9, 3, 1, 1, codes(4, 3, 3, 3), codes(4)),
        Pool(BlobShape(100, 4, 3, 3), PoolKind.MAX, 3, 0, 2),
        Relu(BlobShape(100, 4, 3, 3)),
        Pool(BlobShape(100, 4, 2, 2), PoolKind.AVERAGE, 2, 0, 2),
        InnerProduct(BlobShape(100, 5, 1, 1), 1, 7, codes(5, 16), codes(5)),
    ]


@dataclass(frozen=True)
class Q7Operator:
    """A network of one operator and its input; what follows `layer` damages the image.

    `words` replaces parameters, `dims` the sizes of an operand (and so its bytes), `cut` shortens
    the record.
    """

    before: BlobShape
    layer: Layer
    x: NDArray[np.generic]
    words: dict[int, int] = field(default_factory=dict)
    dims: dict[int, tuple[int, ...]] = field(default_factory=dict)
    dtype: int | None = None
    cut: int = 0

    def __repr__(self) -> str:
        return f"Q7Operator({self.before}, {self.layer})"

    def but(self, **changes: object) -> Q7Operator:
        return replace(self, **changes)  # type: ignore[arg-type]

    @cached_property
    def network(self) -> Network:
        if isinstance(self.layer, Data):
            return network_of(self.layer)
        return network_of(Data(self.before, (0, 0, 0), 7), self.layer, host_preprocessing=True)

    @cached_property
    def compiled(self) -> ModelImage:
        return compile_image(self.network)

    def encode(self) -> tuple[bytes, bytes]:
        """The bytes of the image and of the arena, before the run."""
        arena = bytearray(b"\xa5" * self.compiled.arena_bytes)
        (place,) = self.compiled.inputs
        arena[place.offset : place.offset + place.nbytes] = self.x.tobytes()
        image = bytearray(self.compiled.data)
        tensors_at, _, at = self.layout()
        record_bytes, params, count = struct.unpack_from("<HHB", image, at + 2)
        for number, value in self.words.items():
            struct.pack_into("<i", image, at + params + 4 * number, value)
        indices = struct.unpack_from(f"<{count + 1}H", image, at + 16)
        for position, sizes in self.dims.items():
            tensor = tensors_at + _TENSOR_BYTES * indices[position]
            struct.pack_into("<I", image, tensor + 4, int(np.prod(sizes)))
            struct.pack_into("<4i", image, tensor + _DIMS_AT, *sizes)
        if self.dtype is not None:
            image[tensors_at + _TENSOR_BYTES * indices[0] + _DTYPE_AT] = self.dtype
        struct.pack_into("<H", image, at + 2, record_bytes - self.cut)
        return bytes(image), bytes(arena)

    def layout(self) -> tuple[int, int, int]:
        """Offset of the tensor table, number of tensors, offset of the operator record."""
        tensors_at, count, operator_at, _ = _TABLES.unpack_from(self.compiled.data, _TABLES_AT)
        return tensors_at, count, operator_at

    def output_place(self) -> tuple[int, tuple[int, ...]]:
        """Arena offset and shape of the output."""
        (output,) = self.compiled.outputs
        return output.offset, output.shape

    def expected(self) -> NDArray[np.generic]:
        """What the simulation gives."""
        return Q7Reference(self.network).outputs(self.x[np.newaxis])[0]


def q7(draw: DrawFn, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Random codes, the extremes among them."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    codes = random.integers(-128, 128, shape).astype(np.int8)
    if draw(st.booleans()):
        codes = np.where(codes < 0, np.int8(-128), np.int8(127))
    return codes


def _side(free: int, stride: int, *, up: bool) -> int:
    return (-(-free // stride) if up else free // stride) + 1


@st.composite
def convolutions(draw: DrawFn) -> Q7Operator:
    height, width, channels = (draw(st.integers(1, top)) for top in (6, 6, 5))
    kernel = draw(st.integers(1, min(4, height, width)))
    pad, stride, out = draw(st.integers(0, kernel - 1)), draw(st.integers(1, 3)), 3
    shape = BlobShape(
        1,
        out,
        _side(height + 2 * pad - kernel, stride, up=False),
        _side(width + 2 * pad - kernel, stride, up=False),
    )
    layer = Convolution(
        *(shape, draw(st.integers(0, 22)), draw(st.integers(0, 16)), kernel, pad, stride),
        weights=q7(draw, (out, kernel, kernel, channels)),
        biases=q7(draw, (out,)),
    )
    return Q7Operator(
        BlobShape(1, channels, height, width), layer, q7(draw, (height, width, channels))
    )


@st.composite
def pools(draw: DrawFn, kind: PoolKind) -> Q7Operator:
    height, width, channels = (draw(st.integers(1, top)) for top in (9, 9, 4))
    kernel = draw(st.integers(1, min(4, height, width)))
    pad = draw(st.integers(0, kernel - 1))
    stride = draw(st.integers(pad + 1, 5))
    up = draw(st.booleans())
    sides = []
    for size in (height, width):
        side = _side(size + 2 * pad - kernel, stride, up=up)
        while (side - 1) * stride - pad >= size:
            side -= 1
        sides.append(side)
    layer = Pool(BlobShape(1, channels, *sides), kind, kernel, pad, stride)
    before = BlobShape(1, channels, height, width)
    return Q7Operator(before, layer, q7(draw, (height, width, channels)))


@st.composite
def inner_products(draw: DrawFn) -> Q7Operator:
    before = BlobShape(1, *(draw(st.integers(1, top)) for top in (9, 3, 3)))
    out = draw(st.integers(1, 7))
    layer = InnerProduct(
        BlobShape(1, out, 1, 1),
        *(draw(st.integers(0, 22)), draw(st.integers(0, 16))),
        weights=q7(draw, (out, before.elements)),
        biases=q7(draw, (out,)),
    )
    return Q7Operator(before, layer, q7(draw, (before.h, before.w, before.c)))


@st.composite
def data_layers(draw: DrawFn) -> Q7Operator:
    channels = draw(st.sampled_from((1, 3)))
    shape = BlobShape(1, channels, 2, 3)
    byte = st.integers(0, 255)
    layer = Data(shape, (draw(byte), draw(byte), draw(byte)), draw(st.integers(0, 30)))
    pixels = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).integers(
        0, 256, (2, 3, channels)
    )
    return Q7Operator(shape, layer, pixels.astype(np.uint8))


@st.composite
def relus(draw: DrawFn) -> Q7Operator:
    shape = BlobShape(1, draw(st.integers(1, 5)), 2, 3)
    return Q7Operator(shape, Relu(shape), q7(draw, (2, 3, shape.c)))


OPERATORS: dict[str, SearchStrategy[Q7Operator]] = {
    "DATA_Q7": data_layers(),
    "CONV_2D_Q7": convolutions(),
    "RELU_Q7": relus(),
    "MAX_POOL_2D_Q7": pools(PoolKind.MAX),
    "AVERAGE_POOL_2D_Q7": pools(PoolKind.AVERAGE),
    "FULLY_CONNECTED_Q7": inner_products(),
}
