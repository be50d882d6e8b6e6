"""The binary stream: big-endian words, between them metadata that begin with F0."""

from __future__ import annotations

import numpy as np

from harness.domain.power import SampleBlock
from harness.power.powershield.numbers import METADATA, binary_amperes
from harness.power.powershield.stream import SampleCollector

_AMPERES = binary_amperes()
END = b"\xff\xff"
STAMP = b"\xf0\xf3"
STAMP_LENGTH = 9
# Bytes of each kind of metadata with its end; the texts (F1, F2) end with CR LF FF FF.
LENGTHS = {0xF3: 9, 0xF4: 4, 0xF6: 4, 0xF7: 6, 0xF8: 6, 0xF9: 5, 0xFA: 4, 0xFB: 4}
_TEXTS = (0xF1, 0xF2)
_OVERCURRENT = 0xF5
_LONGEST = 256
_PIECE = 2048  # words looked through at once; a time stamp comes every 1000


class BinaryDecoder:
    """Turns bytes, in pieces of any length, into blocks of samples."""

    def __init__(self, rate_hz: float) -> None:
        self._samples = SampleCollector(rate_hz)
        self._rest = b""
        self._started = False
        self.ended = False

    def feed(self, data: bytes, *, last: bool = False) -> SampleBlock | None:
        """Decode what is complete."""
        self._rest += data
        if not self._started:
            at = self._rest.find(STAMP)
            if at < 0:
                return None
            self._rest, self._started = self._rest[at:], True
        at = 0
        while not self.ended and (step := self._step(at)):
            at += step
        self._rest = self._rest[at:]
        return self._samples.take(last=last)

    def _step(self, at: int) -> int:
        """Decode samples, or one piece of metadata, at byte `at`; return its length, 0 for more."""
        left = (len(self._rest) - at) // 2
        words = np.frombuffer(self._rest, ">u2", min(left, _PIECE), at)
        if not len(words):
            return 0
        special = words >= METADATA << 8
        first = int(special.argmax()) if special.any() else len(words)
        if first:
            return self._add(words[:first], at)
        return self._metadata(at)

    def _add(self, words: np.ndarray, at: int) -> int:
        if self._samples.since_stamp + len(words) > 1000 + _PIECE:
            return self._recover(at)
        self._samples.add(_AMPERES[words])
        return 2 * len(words)

    def _metadata(self, at: int) -> int:
        kind = self._rest[at + 1]
        if self._rest[at] == METADATA and kind in _TEXTS:
            end = self._rest.find(b"\r\n" + END, at, at + _LONGEST)
            if end >= 0:
                return end + 4 - at
            return 0 if len(self._rest) - at < _LONGEST else self._recover(at)
        if kind == _OVERCURRENT:
            self._samples.overcurrent()
            self.ended = True
            return 4
        length = LENGTHS.get(kind, 0)
        if len(self._rest) - at < (length or 2):
            return 0
        if not length or self._rest[at] != METADATA or self._end(at, length) != END:
            return self._recover(at)
        if kind == 0xF3:
            ms = int.from_bytes(self._rest[at + 2 : at + 6], "big") & 0x7FFFFFFF
            self._samples.stamp(ms, self._rest[at + 6])
        self.ended = kind == 0xF4
        return length

    def _end(self, at: int, length: int) -> bytes:
        return self._rest[at + length - 2 : at + length]

    def _recover(self, at: int) -> int:
        """Go to the next whole time stamp; what lies between has no value, its number is known."""
        found = at
        while True:
            found = self._rest.find(STAMP, found + 1)
            if found < 0 or len(self._rest) < found + STAMP_LENGTH:
                return 0
            if self._end(found, STAMP_LENGTH) == END:
                break
        self._samples.resync()
        ms = int.from_bytes(self._rest[found + 2 : found + 6], "big") & 0x7FFFFFFF
        missing = max(0, self._samples.expected_at(ms) - self._samples.since_stamp)
        self._samples.add(np.full(missing, np.nan, np.float32))
        return found - at
