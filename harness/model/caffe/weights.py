"""Reads the weights of a `.caffemodel`: of protobuf's wire format only the fields that are needed.

Fields by number: NetParameter layers 2 (old), layer 100; LayerParameter name 1, blobs 7 (old: name
4, blobs 6); BlobProto num, channels, height, width 1 to 4, data 5, shape 7, double_data 8.
Source: BVLC/caffe `src/caffe/proto/caffe.proto`; https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadModel

Blob = NDArray[np.float32]
Weights = dict[str, list[Blob]]

LARGEST_FILE = 512 * 2**20
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LAYERS, _LAYER = 2, 100
_HINT = "Fetch the caffemodel again, or save it again."


def parse_caffemodel(data: bytes, where: str) -> Weights:
    """The blobs of each layer that has some, by the layer's name.

    Raises:
        BadModel: no NetParameter, cut, or blobs whose sizes contradict; with the byte.
    """
    reader = _Reader(data, where)
    weights: Weights = {}
    for number, content in reader.fields(0, len(data)):
        if number in (_LAYER, _LAYERS) and isinstance(content, range):
            name, blobs = _layer(reader, content, old=number == _LAYERS)
            if blobs:
                weights[name] = blobs
    if not weights:
        raise reader.bad(0, "no layer with weights is in it: it is no caffemodel")
    return weights


class _Reader:
    """Bytes, their name in errors, and the fields of the message in a part of them."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data, self._where = data, where

    def bad(self, at: int, what: str) -> BadModel:
        return BadModel(f"byte {at:,} of {len(self.data):,}: {what}", where=self._where, hint=_HINT)

    def fields(self, start: int, end: int) -> Iterator[tuple[int, int | range]]:
        """Number and value of each field: an integer, or where its bytes lie."""
        at = start
        while at < end:
            key, begin = self.varint(at, end)
            number, wire = key >> 3, key & 7
            if wire == _VARINT:
                value, at = self.varint(begin, end)
                yield number, value
                continue
            if wire == _BYTES:
                length, begin = self.varint(begin, end)
            elif wire in (_FIXED64, _FIXED32):
                length = 8 if wire == _FIXED64 else 4
            else:
                raise self.bad(at, f"a field of wire type {wire}, which Caffe has none of")
            if number == 0 or length > end - begin:
                raise self.bad(at, f"field {number} needs {length:,} bytes, {end - begin:,} follow")
            at = begin + length
            yield number, range(begin, at)

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """An integer of 7 bits a byte, and where it ends."""
        value = 0
        for count in range(10):
            if at + count >= end:
                raise self.bad(at, "the file ends inside a number")
            byte = self.data[at + count]
            value |= (byte & 0x7F) << 7 * count
            if byte < 0x80:
                return value, at + count + 1
        raise self.bad(at, "a number has more than 64 bits")


def _layer(reader: _Reader, where: range, *, old: bool) -> tuple[str, list[Blob]]:
    of_name, of_blobs = (4, 6) if old else (1, 7)
    name, blobs = "", []
    for number, content in reader.fields(where.start, where.stop):
        if not isinstance(content, range):
            continue
        if number == of_name:
            name = reader.data[content.start : content.stop].decode("utf-8", "replace")
        elif number == of_blobs:
            blobs.append(_blob(reader, content))
    return name, blobs


def _blob(reader: _Reader, where: range) -> Blob:
    values: list[Blob] = []
    old_sizes: dict[int, int] = {}
    shape: tuple[int, ...] | None = None
    for number, content in reader.fields(where.start, where.stop):
        if isinstance(content, int):
            if number in (1, 2, 3, 4):
                old_sizes[number] = content
        elif number in (5, 8):
            kind, size = ("<f4", 4) if number == 5 else ("<f8", 8)
            if len(content) % size:
                raise reader.bad(content.start, f"{len(content):,} bytes are no {kind} numbers")
            found = np.frombuffer(reader.data, kind, len(content) // size, content.start)
            values.append(found.astype(np.float32))
        elif number == 7:
            shape = tuple(_sizes(reader, content))
    if shape is None:
        shape = tuple(old_sizes.get(number, 1) for number in (1, 2, 3, 4))
    blob = np.concatenate(values) if values else np.empty(0, np.float32)
    if not all(0 < size < 2**31 for size in shape) or prod(shape) != blob.size:
        raise reader.bad(where.start, f"a blob of sizes {list(shape)} has {blob.size:,} values")
    return blob.reshape(shape)


def _sizes(reader: _Reader, where: range) -> Iterator[int]:
    for number, content in reader.fields(where.start, where.stop):
        if number != 1:
            continue
        if isinstance(content, int):
            yield content
            continue
        at = content.start
        while at < content.stop:
            value, at = reader.varint(at, content.stop)
            yield value
