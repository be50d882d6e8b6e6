"""A device that says again what a transcript says it said, and hears nothing but what it heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.link import read_transcript
from harness.link.transcript import FROM_DEVICE, TO_DEVICE


class Diverged(AssertionError):
    """The host says something that is not in the transcript."""


@dataclass
class ReplayedDevice:
    """The device's side of a transcript; bytes may come in other pieces than they did then."""

    path: Path
    _script: list[tuple[int, bytes]] = field(default_factory=list)
    _heard: int = 0
    _expected: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        """An answer is due when the host has said all that stands before it."""
        for _, direction, data in read_transcript(self.path):
            if direction == TO_DEVICE:
                self._expected += data
            elif direction == FROM_DEVICE:
                self._script.append((len(self._expected), data))

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the host, return the bytes the device answers."""
        wanted = bytes(self._expected[self._heard : self._heard + len(data)])
        if data != wanted:
            raise Diverged(f"at byte {self._heard}: heard {data.hex()}, then it was {wanted.hex()}")
        self._heard += len(data)
        out = b""
        while self._script and self._script[0][0] <= self._heard:
            out += self._script.pop(0)[1]
        return out

    @property
    def exhausted(self) -> bool:
        """Whether all that was said has been said again, both ways."""
        return not self._script and self._heard == len(self._expected)

    def reset(self) -> None:
        """Nothing is kept."""
