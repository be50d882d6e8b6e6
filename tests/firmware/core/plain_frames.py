"""Frames of the link protocol in the fewest lines, sharing no code with harness or firmware."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """A decoded frame."""

    type: int
    sequence: int
    payload: bytes


def cobs(data: bytes) -> bytes:
    """Stuff `data`; a full last block is not followed by an empty one."""
    out, at = b"", 0
    while True:
        zero = data.find(b"\0", at, at + 254)
        end = zero if zero >= 0 else min(len(data), at + 254)
        out += bytes([end - at + 1]) + data[at:end]
        if end == len(data):
            return out
        at = end + 1 if zero >= 0 else end


def uncobs(wire: bytes) -> bytes:
    """Undo `cobs`."""
    out = bytearray()
    while wire:
        code = wire[0]
        out += wire[1:code] + (b"\0" if code < 255 else b"")
        wire = wire[code:]
    return bytes(out[:-1]) if out[-1:] == b"\0" and code < 255 else bytes(out)


def frame(kind: int, sequence: int, payload: bytes = b"", flags: int = 0) -> bytes:
    """The wire bytes of one frame, delimiter included."""
    body = struct.pack("<BBH", kind, flags, sequence) + payload
    return cobs(body + struct.pack("<I", zlib.crc32(body))) + b"\0"


def frames(wire: bytes) -> Iterator[Frame]:
    """The frames in `wire`, each checked."""
    assert wire.endswith(b"\0") or not wire
    for chunk in wire.split(b"\0"):
        if chunk:
            body = uncobs(chunk)
            assert zlib.crc32(body[:-4]) == int.from_bytes(body[-4:], "little")
            kind, flags, sequence = struct.unpack_from("<BBH", body)
            assert flags == 0
            yield Frame(kind, sequence, body[4:-4])


@dataclass(frozen=True)
class Refusal:
    """An error reply."""

    code: int
    operator: int
    detail: int
    text: str


def refusal(answer: Frame) -> Refusal:
    """Decode an error reply."""
    assert answer.type == 0xFF, answer
    code, operator, detail, length = struct.unpack_from("<HHiB", answer.payload)
    text = answer.payload[9:]
    assert len(text) == length
    return Refusal(code, operator, detail, text.decode("ascii"))
