"""A device in Python that speaks the link protocol from its document, not from harness/link.

It shares no code with the host side, so that both cannot be wrong in the same way: frames are
stuffed byte by byte as the COBS paper describes, and messages are packed field by field.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field


def stuff(data: bytes) -> bytes:
    """COBS, byte by byte."""
    out = bytearray([0])
    code_at, code = 0, 1
    for position, byte in enumerate(data):
        if byte:
            out.append(byte)
            code += 1
        if byte == 0 or (code == 0xFF and position + 1 < len(data)):
            out[code_at] = code
            code_at, code = len(out), 1
            out.append(0)
    out[code_at] = code
    return bytes(out)


def unstuff(stuffed: bytes) -> bytes:
    """The inverse of `stuff`, byte by byte."""
    out = bytearray()
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        out += stuffed[at + 1 : at + code]
        at += code
        if code != 0xFF and at < len(stuffed):
            out.append(0)
    return bytes(out)


def frame(kind: int, sequence: int, payload: bytes = b"") -> bytes:
    """One frame as the device sends it."""
    body = struct.pack("<BBH", kind, 0, sequence) + payload
    return stuff(body + struct.pack("<I", zlib.crc32(body))) + b"\0"


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode("ascii")


@dataclass
class Seen:
    """A request as it arrived."""

    kind: int
    sequence: int
    payload: bytes
    wire_bytes: int


Handler = Callable[[Seen], bytes | None]


@dataclass
class ScriptedDevice:
    """A device that negates its input (as bytes: 255 - x) and says that took `ticks`.

    `misbehave` sees each request first: bytes it returns are sent in place of the normal reply,
    None leaves the normal one. Replies to HELLO, DESCRIBE, RUN and PROFILE are public so that tests
    can build on them; b"" is a request that was lost. A `deaf` device does not even look at what
    arrives. It is born as if DESCRIBE had been asked. `rates` tells what it makes of a rate
    asked for, where it knows BAUD; `rate` is the last one it changed to, 0 that of its start. Only
    one that `has_pins` knows METERED.
    """

    version: int = 2
    max_payload: int = 520
    receive_window: int = 1200
    input_bytes: int = 490
    ticks: int = 7_628_160
    deaf: bool = False
    misbehave: Handler = lambda seen: None
    seen: list[Seen] = field(default_factory=list)
    most_unanswered: int = 0
    runs: int = 0
    described: bool = True
    awaited: int = 0
    kept: tuple[int, bytes] | None = None
    pool: tuple[int, int] = (0x2000_1000, 64)
    rates: Callable[[int], int] | None = None
    rate: int = 0
    has_pins: bool = True
    pooled: Callable[[int], bytes] = lambda address: b""
    _buffer: bytearray = field(default_factory=bytearray)
    _input: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._input = bytearray(self.input_bytes)

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the host, return the bytes the device answers."""
        if self.deaf:
            return b""
        self._buffer += data
        self.most_unanswered = max(self.most_unanswered, len(self._buffer))
        out = b""
        while (end := self._buffer.find(b"\0")) >= 0:
            block = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if block:
                out += self._answer(block)
        return out

    def _answer(self, block: bytes) -> bytes:
        body = unstuff(block)
        content, check = body[:-4], body[-4:]
        if len(body) < 8 or struct.pack("<I", zlib.crc32(content)) != check:
            return b""
        kind, flags, sequence = struct.unpack_from("<BBH", content)
        assert flags == 0
        seen = Seen(kind, sequence, content[4:], len(block) + 1)
        self.seen.append(seen)
        odd = self.misbehave(seen)
        if odd is None:
            return self.reply(seen)
        if odd and seen.sequence == self.awaited:
            self._count(seen)
        return odd

    def _count(self, seen: Seen) -> None:
        self.awaited = (seen.sequence + 1) % 65536

    def reset(self) -> None:
        """What a reset leaves: nothing."""
        self._buffer.clear()
        self._input = bytearray(self.input_bytes)
        self.awaited, self.kept, self.described, self.rate = 0, None, False, 0

    def lost(self) -> bytes:
        """Ask for what is awaited."""
        return frame(0xFF, self.awaited, struct.pack("<HHi", 11, 0xFFFF, 0) + text(""))

    def reply(self, seen: Seen) -> bytes:
        """The normal reply, and what the request does; a RUN or PROFILE is run once."""
        if seen.kind in (1, 2):
            self._count(seen)
            self.kept = None
            self.described |= seen.kind == 2
            return self._do(seen)
        if not self.described and seen.kind in (3, 4, 5, 6, 7, 9):
            return self.error(seen, 2)
        ahead = (seen.sequence - self.awaited) % 65536
        if ahead == 0:
            self._count(seen)
        elif ahead < 32768:
            return self.lost()
        if seen.kind not in (4, 5, 7, 9):
            return self._do(seen, anew=ahead == 0)
        if ahead == 0:
            self.kept = seen.sequence, self._do(seen)
        elif self.kept is None or self.kept[0] != seen.sequence:
            return self.lost()
        return self.kept[1]

    def _do(self, seen: Seen, *, anew: bool = True) -> bytes:
        match seen.kind:
            case 1:
                return frame(0x81, seen.sequence, self.hello())
            case 2:
                return frame(0x82, seen.sequence, self.describe())
            case 3:
                index, zero, offset = struct.unpack_from("<HHI", seen.payload)
                data = seen.payload[8:]
                if index or zero or offset + len(data) > self.input_bytes:
                    return self.error(seen, 1)
                if anew:
                    self._input[offset : offset + len(data)] = data
                return frame(0x83, seen.sequence)
            case 4:
                return frame(0x84, seen.sequence, self.run(seen.payload))
            case 6:
                return frame(0x86, seen.sequence, struct.pack("<II", *self.pool))
            case 7:
                return self._run_sample(seen)
            case 8 if self.rates is not None:
                rate = self.rates(struct.unpack("<I", seen.payload)[0])
                self.rate = rate or self.rate
                return frame(0x88, seen.sequence, struct.pack("<I", rate))
            case 5:
                return frame(0x85, seen.sequence, self.profile(seen.payload))
            case 9 if self.has_pins:
                return frame(0x89, seen.sequence, self.metered(seen.payload))
        return self.error(seen, 1)

    def _run_sample(self, seen: Seen) -> bytes:
        sample, crc = struct.unpack_from("<II", seen.payload, 4)
        size = -(-self.input_bytes // 16) * 16
        if sample >= self.pool[1] // size:
            return self.error(seen, 1, detail=sample)
        data = self.pooled(self.pool[0])[sample * size : (sample + 1) * size]
        if zlib.crc32(data) != crc:
            return self.error(seen, 12, detail=zlib.crc32(data) - (zlib.crc32(data) >> 31 << 32))
        kept, self._input = self._input, bytearray(data[: self.input_bytes])
        answer = frame(0x87, seen.sequence, self.run(seen.payload[:4]))
        self._input = kept
        return answer

    def hello(self) -> bytes:
        return (
            struct.pack(
                "<HHIIIIIII",
                self.version,
                self.max_payload,
                self.receive_window,
                25_000_000,
                25_000_000,
                0x2100_0000,
                0x0100_0000,
                0x2000_8000,
                0x0003_0000,
            )
            + bytes(range(20))
            + text("mps2-an500")
            + text("cmsis-nn")
            + text("systick-icount")
        )

    def describe(self) -> bytes:
        return (
            struct.pack("<II", 0xDEADBEEF, 4096)
            + bytes(range(32))
            + struct.pack("<IHH", 16_000, 1, 1)
            + struct.pack("<II", self.input_bytes, self.input_bytes)
            + struct.pack("<HHII", 2, 0, 0, 512)
        )

    def run(self, request: bytes) -> bytes:
        warmup, repeats = struct.unpack("<HH", request)
        self.runs += warmup + repeats
        output = bytes(255 - value for value in self._input)
        return (
            struct.pack("<HHI", repeats, 1, 0)
            + struct.pack(f"<{repeats}Q", *(self.ticks + n for n in range(repeats)))
            + struct.pack("<I", len(output))
            + output
        )

    def profile(self, request: bytes) -> bytes:
        """Two operators, as DESCRIBE says, of three and one quarters of the ticks."""
        warmup, zero = struct.unpack("<HH", request)
        assert zero == 0
        self.runs += warmup + 1
        output = bytes(255 - value for value in self._input)
        return (
            struct.pack("<HHI", 3, 1, 0)
            + struct.pack("<3Q", 1, 3 * self.ticks // 4, self.ticks // 4)
            + struct.pack("<I", len(output))
            + output
        )

    def metered(self, request: bytes) -> bytes:
        """The sum of all ticks, and how many inferences they are of."""
        warmup, mode, repeats = struct.unpack("<HHI", request)
        assert mode in {1, 2, 3}
        self.runs += warmup + repeats
        output = bytes(255 - value for value in self._input)
        return (
            struct.pack("<HHI", 5, 1, 0)
            + struct.pack("<5Q", self.ticks * repeats, repeats, 0, 0, 0)
            + struct.pack("<I", len(output))
            + output
        )

    def error(
        self, seen: Seen, code: int, operator: int = 0xFFFF, detail: int = 0, said: str = ""
    ) -> bytes:
        """An error reply to `seen`."""
        payload = struct.pack("<HHi", code, operator, detail) + text(said)
        return frame(0xFF, seen.sequence, payload)
