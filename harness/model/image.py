"""Encodes a lowered and planned network as a model image, `firmware/IMAGE.md` version 3."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.domain.network import Network, Tensor
from harness.errors import BadModel
from harness.model.dims import Dims
from harness.model.lowered import Lowered, Operand, Words

MAGIC = 0x31494D48
VERSION = 3
HEADER_BYTES = 96
CRC_START = 16
NO_TENSOR = 0xFFFF
IN_ARENA, IN_IMAGE, IN_STATE = 0, 1, 2
KEEPS_STATE = 1

_ALIGNMENT = 16
_START = struct.Struct("<IHHII")
_HEADER = struct.Struct("<32s6I2HII12x")  # what the check value covers of it
_TENSOR = struct.Struct("<II4iBBhf")
_OPERATOR = struct.Struct("<HHHBBII")


@dataclass(frozen=True)
class EncodedImage:
    """The bytes of an image, and how many of them are constants and quantisation arrays."""

    data: bytes
    crc32: int
    weight_bytes: int
    quantization_bytes: int


@dataclass(frozen=True)
class Place:
    """Where the plan put scratch: arena offset, and the bytes asked for."""

    offset: int
    nbytes: int


def encode_image(
    network: Network,
    lowered: Sequence[Lowered],
    *,
    offsets: Mapping[int, int],
    scratch: Sequence[Place],
    arena_bytes: int,
) -> EncodedImage:
    """Encode a network; `offsets` are arena offsets of activations by tensor index.
    The network has passed `check_counts`.
    """
    tensors = _TensorTable(lowered)
    io = [tensors.number(index) for index in (*network.inputs, *network.outputs)]
    io_at = HEADER_BYTES + _TENSOR.size * len(tensors.operands)
    operators_at = _up(io_at + 2 * len(io), 4)
    operators_bytes = sum(_record_bytes(operator) for operator in lowered)
    words = _Pool(operators_at + operators_bytes, 4)
    records = [
        _record(operator, place, tensors, words)
        for operator, place in zip(lowered, scratch, strict=True)
    ]
    constants = _Pool(_up(words.end, _ALIGNMENT), _ALIGNMENT)
    table = [_tensor_record(operand, offsets, constants) for operand in tensors.operands]
    image = bytearray(_up(constants.end, _ALIGNMENT))
    header = _HEADER.pack(
        bytes.fromhex(network.source_sha256),
        arena_bytes,
        HEADER_BYTES,
        len(table),
        operators_at,
        len(records),
        io_at,
        len(network.inputs),
        len(network.outputs),
        operators_bytes,
        KEEPS_STATE if network.keeps_state else 0,
    )
    _put(image, CRC_START, header)
    _put(image, HEADER_BYTES, b"".join(table))
    _put(image, io_at, struct.pack(f"<{len(io)}H", *io))
    _put(image, operators_at, b"".join(records))
    for content, at in (*words.places.items(), *constants.places.items()):
        _put(image, at, content)
    crc = zlib.crc32(image[CRC_START:])
    _START.pack_into(image, 0, MAGIC, VERSION, HEADER_BYTES, len(image), crc)
    return EncodedImage(bytes(image), crc, constants.content_bytes, words.content_bytes)


def check_counts(network: Network) -> None:
    """Refuse a network with more tensors or operators than an image can number.

    Raises:
        BadModel: 65,535 and more of either.
    """
    tensors, operators = len(network.tensors), len(network.operators)
    if tensors >= NO_TENSOR or operators >= NO_TENSOR:
        raise BadModel(
            f"{tensors:,} tensors and {operators:,} operators; an image holds fewer than "
            f"{NO_TENSOR:,} of each",
            where=network.source,
            hint="Choose a model that a microcontroller can hold.",
        )


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _put(image: bytearray, at: int, content: bytes) -> None:
    image[at : at + len(content)] = content


@dataclass
class _Pool:
    """Contents of the image, each kept once and aligned."""

    end: int
    alignment: int
    content_bytes: int = 0
    places: dict[bytes, int] = field(default_factory=dict)

    def at(self, content: bytes) -> int:
        """The image offset of `content`."""
        if content not in self.places:
            self.end = _up(self.end, self.alignment)
            self.places[content] = self.end
            self.end += len(content)
            self.content_bytes += len(content)
        return self.places[content]


class _TensorTable:
    """The tensors of the image: those that operators use, which include the network's own."""

    def __init__(self, lowered: Sequence[Lowered]) -> None:
        self.operands: list[Operand] = []
        self._numbers: dict[tuple[int, Dims], int] = {}
        self._first: dict[int, int] = {}
        for operator in lowered:
            for operand in (*operator.inputs, *operator.outputs):
                if operand is not None:
                    self._add(operand)

    def _add(self, operand: Operand) -> None:
        key = (operand.tensor.index, operand.dims)
        if key not in self._numbers:
            self._numbers[key] = len(self.operands)
            self._first.setdefault(operand.tensor.index, len(self.operands))
            self.operands.append(operand)

    def number(self, index: int) -> int:
        """The record of a tensor, whatever the sizes it is read with."""
        return self._first[index]

    def number_of(self, operand: Operand | None) -> int:
        """The record of an operand, or the mark of an absent one."""
        if operand is None:
            return NO_TENSOR
        return self._numbers[operand.tensor.index, operand.dims]


def _tensor_record(operand: Operand, offsets: Mapping[int, int], constants: _Pool) -> bytes:
    tensor = operand.tensor
    if tensor.data is None:
        place = IN_STATE if tensor.variable else IN_ARENA
        offset = offsets[tensor.index]
    else:
        place, offset = IN_IMAGE, constants.at(tensor.data)
    zero_point, scale = _quantization(tensor)
    return _TENSOR.pack(
        offset, tensor.nbytes, *operand.dims, tensor.dtype, place, zero_point, scale
    )


def _quantization(tensor: Tensor) -> tuple[int, float]:
    """Zero point and scale, both 0 unless there is one of each."""
    found = tensor.quantization
    if found is None or len(found.scales) != 1 or not -128 <= found.zero_points[0] <= 255:
        return 0, 0.0
    return found.zero_points[0], found.scales[0]


def _params_offset(operator: Lowered) -> int:
    return _up(_OPERATOR.size + 2 * (len(operator.inputs) + len(operator.outputs)), 4)


def _record_bytes(operator: Lowered) -> int:
    return _params_offset(operator) + 4 * len(operator.params)


def _record(operator: Lowered, scratch: Place, tensors: _TensorTable, words: _Pool) -> bytes:
    record = bytearray(_record_bytes(operator))
    _OPERATOR.pack_into(
        record,
        0,
        operator.opcode,
        len(record),
        _params_offset(operator),
        len(operator.inputs),
        len(operator.outputs),
        scratch.offset,
        scratch.nbytes,
    )
    operands = (*operator.inputs, *operator.outputs)
    numbers = [tensors.number_of(operand) for operand in operands]
    struct.pack_into(f"<{len(numbers)}H", record, _OPERATOR.size, *numbers)
    params = [_param(value, words) for value in operator.params]
    _put(record, _params_offset(operator), b"".join(params))
    return bytes(record)


def _param(value: int | Words, words: _Pool) -> bytes:
    if isinstance(value, Words):
        return struct.pack("<I", words.at(struct.pack(f"<{len(value.values)}i", *value.values)))
    return struct.pack("<i", value)
