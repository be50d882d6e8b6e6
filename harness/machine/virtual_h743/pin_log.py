"""A file of every edge of the chip's outputs, written as they happen."""

from __future__ import annotations

from pathlib import Path


class PinLog:
    """Comma-separated values: `ticks` of the core clock since power-on, `pin` (PD12), `level`.

    A tick is an instruction while the core runs; an edge is told with the end of its block of code.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        # Buffered by line: who reads it meanwhile sees whole edges.
        self._file = path.open("w", buffering=1, encoding="ascii")
        self._file.write("ticks,pin,level\n")

    def note(self, port: str, pin: int, level: bool, at: int) -> None:
        """Write one edge."""
        self._file.write(f"{at},P{port}{pin},{level:d}\n")
