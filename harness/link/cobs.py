"""Consistent Overhead Byte Stuffing: any bytes as bytes without 0x00, so that 0x00 can end a frame.

Source: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on
Networking 7(2), 1999. A code byte n < 0xFF stands for n - 1 bytes and a zero, 0xFF for 254 bytes
without one.
"""

from __future__ import annotations

_GROUP = 254
_CODES = tuple(bytes([n]) for n in range(256))


class NotCobs(ValueError):
    """Bytes that no COBS encoder produces."""


def encode(data: bytes) -> bytes:
    """Return `data` stuffed: no zeros, at most one byte in 254 longer (and one more)."""
    runs = data.split(b"\0")
    if len(data) >= _GROUP and max(map(len, runs)) >= _GROUP:
        return b"".join(_encode_run(run, run is runs[-1]) for run in runs)
    pieces: list[bytes] = [b""] * (2 * len(runs))
    pieces[0::2] = [_CODES[len(run) + 1] for run in runs]
    pieces[1::2] = runs
    return b"".join(pieces)


def _encode_run(run: bytes, last: bool) -> bytes:
    """Encode bytes without zeros; a full group at the very end needs no code after it."""
    pieces = []
    while len(run) >= _GROUP:
        pieces.append(b"\xff" + run[:_GROUP])
        run = run[_GROUP:]
    if run or not last or not pieces:
        pieces.append(_CODES[len(run) + 1] + run)
    return b"".join(pieces)


def decode(stuffed: bytes) -> bytes:
    """Return what `encode` was given.

    Raises:
        NotCobs: empty, containing a zero, or a code that points past the end.
    """
    if not stuffed or 0 in stuffed:
        raise NotCobs("empty" if not stuffed else "contains a zero")
    # Every code byte but the first becomes the zero that ends its predecessor's group; the codes
    # that follow a full group stand for nothing and are cut out.
    plain = bytearray(stuffed)
    end = len(plain)
    cut = [0]
    at = 0
    while at < end:
        code = plain[at]
        plain[at] = 0
        at += code
        if code == 0xFF:
            cut.append(at)
    if at > end:
        raise NotCobs(f"a code points {at - end} bytes past the end")
    for position in reversed(cut):
        del plain[position : position + 1]
    return bytes(plain)
