"""A port that writes down what goes over it: one line per piece, with time, direction and hex."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from harness.errors import BadDefinition, StoreError
from harness.link.port import Port

HEADER = "# seconds direction hex; > to the device, < from it, = the port was opened anew"
TO_DEVICE, FROM_DEVICE, REOPENED = ">", "<", "="


class TranscribedPort:
    """`port`, with a transcript of it in `file`, flushed line by line."""

    def __init__(
        self, port: Port, file: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._port = port
        self._file = file
        self._clock = clock
        self._began = clock()
        self._put(HEADER)

    @property
    def where(self) -> str:
        """The port's address."""
        return self._port.where

    def read(self, timeout_s: float) -> bytes:
        """As the port's."""
        data = self._port.read(timeout_s)
        if data:
            self._note(FROM_DEVICE, data)
        return data

    def write(self, data: bytes) -> None:
        """As the port's."""
        self._note(TO_DEVICE, data)
        self._port.write(data)

    def reopen(self, wait_s: float) -> None:
        """As the port's."""
        self._port.reopen(wait_s)
        self._note(REOPENED, b"")

    def use_rate(self, baud_rate: int) -> None:
        """As the port's."""
        self._port.use_rate(baud_rate)

    def _note(self, direction: str, data: bytes) -> None:
        self._put(f"{self._clock() - self._began:.6f} {direction} {data.hex()}".rstrip())

    def _put(self, line: str) -> None:
        """Write a line.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            self._file.write(f"{line}\n")
            self._file.flush()
        except OSError as error:
            raise StoreError(
                f"the transcript cannot be written ({error.strerror})",
                where=getattr(self._file, "name", ""),
                hint="Free some space there, or leave --transcript out.",
            ) from error


def read_transcript(path: Path) -> Iterator[tuple[float, str, bytes]]:
    """Yield seconds, direction and bytes of each piece.

    Raises:
        BadDefinition: a line that is none of a transcript.
    """
    for number, line in enumerate(path.read_text("ascii", errors="replace").splitlines(), start=1):
        if line.startswith("#"):
            continue
        try:
            seconds, direction, *rest = line.split(" ")
            if direction not in {TO_DEVICE, FROM_DEVICE, REOPENED} or len(rest) > 1:
                raise ValueError(line)
            yield float(seconds), direction, bytes.fromhex("".join(rest))
        except ValueError as error:
            raise BadDefinition(
                f"line {number} is not one of a transcript: {line[:40]!r}",
                where=str(path),
                hint="Take a file that `harness run --transcript` wrote.",
            ) from error
