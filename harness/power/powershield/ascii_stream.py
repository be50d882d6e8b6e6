"""The ASCII stream: a sample per line, everything that is none is metadata."""

from __future__ import annotations

import re

import numpy as np

from harness.domain.power import SampleBlock
from harness.power.powershield.numbers import ascii_amperes
from harness.power.powershield.stream import SampleCollector

_STAMP = re.compile(rb"TimeStamp[:<> ]+(\d+)s[ <>]+(\d+)ms,?[ <>]+buff[ <>]+(\d+)%", re.IGNORECASE)
_EVENT = re.compile(rb"event\s+(\d+)\s+(ris|fal)", re.IGNORECASE)
_DONE = (b"end", b"Acquisition completed")
_PADDING = b"\0\r\n"


class AsciiDecoder:
    """Turns bytes, in pieces of any length, into blocks of samples.

    With `joules_to_amperes` the samples are energies of one sample period, and are multiplied by it
    (1 / (volts x seconds)) to the mean current of that period.
    """

    def __init__(self, rate_hz: float, channel: str = "d7", joules_to_amperes: float = 1.0) -> None:
        self._samples = SampleCollector(rate_hz)
        self._channel = channel
        self._factor = joules_to_amperes
        self._rest = b""
        self.ended = False
        self.unknown = 0

    def feed(self, data: bytes, *, last: bool = False) -> SampleBlock | None:
        """Decode the lines that are complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if last and not self._rest[:1].isdigit():  # else a sample that `stop` cut off: none is lost
            lines.append(self._rest)
        self._rest = b"" if last else self._rest
        values: list[float] = []
        for line in lines:
            token = line.strip(_PADDING + b" ")
            value = ascii_amperes(token)
            if value is not None:
                values.append(value * self._factor)
            elif token:
                self._flush(values)
                self._metadata(token)
        self._flush(values)
        return self._samples.take(last=last)

    def _flush(self, values: list[float]) -> None:
        if values:
            self._samples.add(np.array(values, np.float32))
            values.clear()

    def _metadata(self, token: bytes) -> None:
        if (stamp := _STAMP.search(token)) is not None:
            self._samples.stamp(int(stamp[1]) * 1000 + int(stamp[2]), int(stamp[3]))
        elif (event := _EVENT.search(token)) is not None:
            self._samples.event(int(event[1]), self._channel)
        elif b"vercurrent" in token:
            self._samples.overcurrent()
            self.ended = True
        elif any(word in token for word in _DONE):
            self.ended = True
        elif b"PowerShield >" in token or b"stlp >" in token:
            pass  # the answer to a command, behind a sample that it cut off
        elif token[:1].isdigit():  # a damaged sample: its place is known, its value is not
            self._samples.add(np.full(1, np.nan, np.float32))
            self._samples.resync()
        else:
            self.unknown += 1
