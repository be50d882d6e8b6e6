"""Packets of GDB's remote serial protocol as a server sees them.

Source: "Debugging with GDB", appendix E.1 (overview), E.4 (stop reply packets).
"""

from __future__ import annotations

INTERRUPT = b"\x03"
ACK = b"+"
_LONGEST = 1 << 20


class PacketStream:
    """Takes bytes as they come, and yields commands; `INTERRUPT` stands for Ctrl-C."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return what is complete now; packets with a wrong checksum are dropped."""
        self._buffer += data
        out: list[bytes] = []
        while self._buffer:
            if self._buffer[0] != ord("$"):
                if self._buffer[:1] == INTERRUPT:
                    out.append(INTERRUPT)
                del self._buffer[0]
                continue
            end = self._buffer.find(b"#")
            if end < 0 or len(self._buffer) < end + 3:
                if len(self._buffer) > _LONGEST:
                    self._buffer.clear()
                break
            body, given = bytes(self._buffer[1:end]), bytes(self._buffer[end + 1 : end + 3])
            del self._buffer[: end + 3]
            if given.lower() == b"%02x" % (sum(body) & 0xFF):
                out.append(body)
        return out


def packet(body: bytes) -> bytes:
    """A reply; what this server says never needs an escape."""
    return b"$%b#%02x" % (body, sum(body) & 0xFF)
