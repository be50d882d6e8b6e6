"""GDB's remote serial protocol as bytes: frames are built and found here, nothing is sent.

Source: "Debugging with GDB", appendix "GDB Remote Serial Protocol", sections Overview (framing,
escapes, run-length encoding), Packets and Stop Reply Packets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INTERRUPT = b"\x03"
ACK = b"+"

_ESCAPE = 0x7D
_ESCAPE_XOR = 0x20
_RUN = 0x2A
_RUN_BIAS = 29
_SPECIAL = re.compile(rb"[#$}*]")
_STOP_REPLY = re.compile(rb"[TS][0-9a-fA-F]{2}|[WX][0-9a-fA-F]{2}")
_LONGEST_PACKET = 1 << 20


@dataclass(frozen=True)
class Packet:
    """One packet with a correct checksum, unescaped and expanded."""

    payload: bytes


@dataclass(frozen=True)
class Acknowledged:
    """`+`: the other side received the last packet."""


@dataclass(frozen=True)
class Rejected:
    """`-`: the other side asks for the last packet again."""


@dataclass(frozen=True)
class Corrupt:
    """Bytes that start a packet and are none."""

    reason: str


Event = Packet | Acknowledged | Rejected | Corrupt


def encode(payload: bytes) -> bytes:
    """Frame a payload: `$`, escaped payload, `#`, checksum in two hex digits."""
    escaped = _SPECIAL.sub(lambda found: bytes((_ESCAPE, found[0][0] ^ _ESCAPE_XOR)), payload)
    return b"$%b#%02x" % (escaped, sum(escaped) & 0xFF)


def is_stop_reply(payload: bytes) -> bool:
    """Tell whether a payload reports that the target stopped or ended (`T`, `S`, `W`, `X`)."""
    return _STOP_REPLY.match(payload) is not None


class Decoder:
    """Finds packets and acknowledgements in a byte stream cut at any place."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        """Add received bytes and return the events they complete, in order."""
        self._buffer += data
        events: list[Event] = []
        while self._buffer:
            lead = self._buffer[0]
            if lead in b"$%":
                if not self._take_packet(events):
                    break
            else:
                del self._buffer[0]
                if lead == ord("+"):
                    events.append(Acknowledged())
                elif lead == ord("-"):
                    events.append(Rejected())
        return events

    def _take_packet(self, events: list[Event]) -> bool:
        """Take one packet off the buffer; False when it is not complete yet."""
        end = self._buffer.find(b"#")
        if end < 0 or len(self._buffer) < end + 3:
            if len(self._buffer) > _LONGEST_PACKET:
                self._buffer.clear()
                events.append(Corrupt(f"no end of packet in {_LONGEST_PACKET} bytes"))
            return False
        is_notification = self._buffer[0] == ord("%")
        body = bytes(self._buffer[1:end])
        given = bytes(self._buffer[end + 1 : end + 3])
        del self._buffer[: end + 3]
        if not is_notification:
            events.append(_decode(body, given))
        return True


def _decode(body: bytes, checksum: bytes) -> Event:
    if checksum.lower() != b"%02x" % (sum(body) & 0xFF):
        return Corrupt(f"checksum {checksum!r} of a packet of {len(body)} bytes is wrong")
    if _ESCAPE not in body and _RUN not in body:
        return Packet(body)
    return _expand(body)


def _expand(body: bytes) -> Event:
    out = bytearray()
    position = 0
    while position < len(body):
        byte = body[position]
        if byte in (_ESCAPE, _RUN) and position + 1 == len(body):
            return Corrupt("a packet ends within an escape")
        if byte == _ESCAPE:
            out.append(body[position + 1] ^ _ESCAPE_XOR)
            position += 2
        elif byte == _RUN:
            count = body[position + 1] - _RUN_BIAS
            if not out or count < 1:
                return Corrupt("a run of nothing")
            out += bytes((out[-1],)) * count
            position += 2
        else:
            out.append(byte)
            position += 1
    return Packet(bytes(out))
