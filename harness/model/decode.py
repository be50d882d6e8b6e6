"""Decodes model images for tests and dumps, sharing nothing with the encoder but the format."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from harness.errors import BadModel


@dataclass(frozen=True)
class DecodedTensor:
    """A tensor record; `data` is set for constants."""

    offset: int
    nbytes: int
    dims: tuple[int, int, int, int]
    dtype: int
    in_arena: bool
    data: bytes | None = field(repr=False)


@dataclass(frozen=True)
class DecodedOperator:
    """An operator record; `inputs` holds None for an absent tensor, `params` all words."""

    opcode: int
    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    scratch_offset: int
    scratch_bytes: int
    params: tuple[int, ...]


@dataclass(frozen=True)
class DecodedImage:
    """A whole image."""

    source_sha256: str
    arena_bytes: int
    tensors: tuple[DecodedTensor, ...]
    operators: tuple[DecodedOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    data: bytes = field(repr=False)

    def words(self, at: int, count: int) -> tuple[int, ...]:
        """`count` int32 at an image offset, as `multipliers_at` and `shifts_at` give one."""
        return struct.unpack_from(f"<{count}i", self.data, at)


def decode_image(data: bytes) -> DecodedImage:
    """Decode an image of version 3.

    Raises:
        BadModel: magic, version, size, check value or an offset is wrong.
    """
    try:
        return _decode(data)
    except struct.error as error:
        raise _bad(f"a record leads outside the {len(data):,} bytes of the image") from error


def _bad(what: str) -> BadModel:
    return BadModel(what, where="model image", hint="Compile the model again.")


def _decode(data: bytes) -> DecodedImage:
    magic, version, header_bytes, size, crc = struct.unpack_from("<4sHHII", data)
    if (magic, version, header_bytes) != (b"HMI1", 3, 96):
        raise _bad(f"not a model image of version 3: it starts with {data[:8]!r}")
    if size != len(data) or size % 16:
        raise _bad(f"the header counts {size:,} bytes, the image has {len(data):,}")
    if crc != zlib.crc32(data[16:]):
        raise _bad(f"CRC-32 is {zlib.crc32(data[16:]):08x}, the header says {crc:08x}")
    (arena_bytes, tensors_at, tensor_count, operators_at, operator_count, io_at) = (
        struct.unpack_from("<6I", data, 48)
    )
    input_count, output_count, operators_bytes = struct.unpack_from("<HHI", data, 72)
    io = struct.unpack_from(f"<{input_count + output_count}H", data, io_at)
    tensors = tuple(_tensor(data, tensors_at + 32 * i) for i in range(tensor_count))
    operators, end = [], operators_at
    for _ in range(operator_count):
        operators.append(_operator(data, end))
        end += struct.unpack_from("<H", data, end + 2)[0]
    if end - operators_at != operators_bytes:
        raise _bad(f"operator records take {end - operators_at} bytes, not {operators_bytes}")
    return DecodedImage(
        source_sha256=data[16:48].hex(),
        arena_bytes=arena_bytes,
        tensors=tensors,
        operators=tuple(operators),
        inputs=io[:input_count],
        outputs=io[input_count:],
        data=data,
    )


def _tensor(data: bytes, at: int) -> DecodedTensor:
    offset, nbytes, n, h, w, c, dtype, place = struct.unpack_from("<II4iBB", data, at)
    content = data[offset : offset + nbytes] if place == 1 else None
    if content is not None and len(content) != nbytes:
        raise _bad(f"a constant ends at byte {offset + nbytes:,} of {len(data):,}")
    return DecodedTensor(offset, nbytes, (n, h, w, c), dtype, place != 1, content)


def _operator(data: bytes, at: int) -> DecodedOperator:
    opcode, record_bytes, params_at, inputs, outputs, scratch_at, scratch = struct.unpack_from(
        "<HHHBBII", data, at
    )
    tensors = struct.unpack_from(f"<{inputs + outputs}H", data, at + 16)
    if record_bytes < params_at or params_at < 16 + 2 * len(tensors):
        raise _bad(f"an operator record at byte {at:,} contradicts itself")
    params = struct.unpack_from(f"<{(record_bytes - params_at) // 4}i", data, at + params_at)
    return DecodedOperator(
        opcode=opcode,
        inputs=tuple(None if index == 0xFFFF else index for index in tensors[:inputs]),
        outputs=tensors[inputs:],
        scratch_offset=scratch_at,
        scratch_bytes=scratch,
        params=params,
    )
