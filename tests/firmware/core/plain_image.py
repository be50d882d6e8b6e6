"""Small model images for tests of the engine, written field by field from firmware/IMAGE.md."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

INT8 = 9
RESHAPE, SOFTMAX = 22, 25
HEADER = struct.Struct("<IHHII32sIIIIIIHHI16x")
SHA = bytes(range(32))


@dataclass
class Tensor:
    """A tensor record; `bytes` follows from dims unless given."""

    offset: int
    dims: tuple[int, int, int, int] = (1, 1, 1, 16)
    nbytes: int | None = None
    dtype: int = INT8
    place: int = 0
    zero_point: int = 0
    scale: float = 0.0

    def record(self) -> bytes:
        n, h, w, c = self.dims
        size = n * h * w * c if self.nbytes is None else self.nbytes
        return struct.pack(
            "<II4iBBhf",
            *(self.offset, size, *self.dims, self.dtype, self.place),
            *(self.zero_point, self.scale),
        )


@dataclass
class Operator:
    """An operator record."""

    opcode: int
    inputs: Sequence[int]
    outputs: Sequence[int]
    params: bytes = b""
    scratch: tuple[int, int] = (0, 0)
    record_bytes: int | None = None
    params_offset: int | None = None

    def record(self) -> bytes:
        indices = struct.pack(
            f"<{len(self.inputs) + len(self.outputs)}H", *self.inputs, *self.outputs
        )
        indices += bytes(-len(indices) % 4)
        at = 16 + len(indices)
        size = at + len(self.params)
        return (
            struct.pack(
                "<HHHBBII",
                self.opcode,
                size if self.record_bytes is None else self.record_bytes,
                at if self.params_offset is None else self.params_offset,
                len(self.inputs),
                len(self.outputs),
                *self.scratch,
            )
            + indices
            + self.params
        )


def softmax(scratch_asked: int = 0, status: int = 0, add: int = 1) -> bytes:
    """Parameters of the test kernel SOFTMAX (see kernels/softmax.c)."""
    return struct.pack("<5i", scratch_asked, status, add, 1, 16)


def two_operators() -> tuple[list[Tensor], list[Operator]]:
    """RESHAPE from tensor 0 to 1, then SOFTMAX from 1 to 2 with 32 bytes of scratch."""
    tensors = [Tensor(0), Tensor(16, dims=(1, 4, 2, 2)), Tensor(32, dims=(16, 1, 1, 1))]
    operators = [
        Operator(RESHAPE, [0], [1]),
        Operator(SOFTMAX, [1], [2], softmax(scratch_asked=32), scratch=(48, 32)),
    ]
    return tensors, operators


@dataclass
class Image:
    """An image; each header field can be given a wrong value by its name in `header`."""

    tensors: list[Tensor] = field(default_factory=lambda: two_operators()[0])
    operators: list[Operator] = field(default_factory=lambda: two_operators()[1])
    inputs: Sequence[int] = (0,)
    outputs: Sequence[int] = (2,)
    arena_bytes: int = 80
    header: dict[str, int] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The bytes of the image, with a true CRC unless `header` holds one."""
        tensors = b"".join(tensor.record() for tensor in self.tensors)
        operators = b"".join(operator.record() for operator in self.operators)
        io = struct.pack(f"<{len(self.inputs) + len(self.outputs)}H", *self.inputs, *self.outputs)
        body = tensors + operators + io
        body += bytes(-len(body) % 16)
        fields = {
            "magic": 0x31494D48,
            "version": 3,
            "header_bytes": 96,
            "image_bytes": 96 + len(body),
            "crc32": 0,
            "sha": SHA,
            "arena_bytes": self.arena_bytes,
            "tensors_offset": 96,
            "tensor_count": len(self.tensors),
            "operators_offset": 96 + len(tensors),
            "operator_count": len(self.operators),
            "io_offset": 96 + len(tensors) + len(operators),
            "input_count": len(self.inputs),
            "output_count": len(self.outputs),
            "operators_bytes": len(operators),
        } | self.header
        data = HEADER.pack(*fields.values()) + body
        return data if "crc32" in self.header else with_true_crc(data)


def with_true_crc(data: bytes) -> bytes:
    """`data` with the CRC of what its own `image_bytes` covers, so that later checks see it."""
    size = int.from_bytes(data[8:12], "little")
    return data[:12] + struct.pack("<I", zlib.crc32(data[16:size])) + data[16:]
