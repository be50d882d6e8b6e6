"""Frames on a byte stream: type, sequence number and payload under COBS and CRC-32."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from harness.link import cobs

DELIMITER = b"\0"
_HEADER = struct.Struct("<BBH")
_CRC = struct.Struct("<I")
_LONGEST = 1 << 22


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it travels; `type` and `sequence` are unsigned, of 8 and 16 bits."""

    type: int
    sequence: int
    payload: bytes


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes on the wire, ending with the delimiter."""
    body = _HEADER.pack(frame.type, 0, frame.sequence) + frame.payload
    return cobs.encode(body + _CRC.pack(zlib.crc32(body))) + DELIMITER


class FrameDecoder:
    """Turns received bytes, in pieces of any size, into frames.

    What is not a frame (COBS, length, check value or flags wrong) is dropped and counted in
    `bad_frames`; empty frames are ignored.
    """

    def __init__(self, longest: int = _LONGEST) -> None:
        self.bad_frames = 0
        self._longest = longest
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return the frames they complete, in order."""
        *blocks, rest = data.split(DELIMITER)
        if not blocks:
            self._keep(self._rest + rest)
            return []
        blocks[0] = self._rest + blocks[0]
        self._rest = b""
        if self._skipping:  # counted when it grew too long
            self._skipping = False
            blocks[0] = b""
        self._keep(rest)
        frames = []
        for block in blocks:
            if block:
                frame = _decode(block)
                if frame is None:
                    self.bad_frames += 1
                else:
                    frames.append(frame)
        return frames

    @property
    def unfinished(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._rest) or self._skipping

    def forget(self) -> None:
        """Give up a frame that has begun: its end was lost."""
        if self._rest:
            self.bad_frames += 1
        self._rest = b""
        self._skipping = False

    def _keep(self, rest: bytes) -> None:
        """Hold an unfinished block; one without an end must not fill the memory."""
        if not self._skipping and len(rest) > self._longest:
            self.bad_frames += 1
            self._skipping = True
        self._rest = b"" if self._skipping else rest


def _decode(block: bytes) -> Frame | None:
    try:
        body = cobs.decode(block)
    except cobs.NotCobs:
        return None
    if len(body) < _HEADER.size + _CRC.size:
        return None
    if zlib.crc32(body[: -_CRC.size]) != int.from_bytes(body[-_CRC.size :], "little"):
        return None
    kind, flags, sequence = _HEADER.unpack_from(body)
    if flags:
        return None
    return Frame(kind, sequence, body[_HEADER.size : -_CRC.size])
