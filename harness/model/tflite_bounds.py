"""Bounds on what a damaged `.tflite` file can make its reader do."""

from __future__ import annotations

from typing import Any

from harness.errors import BadModel

CONVERT_AGAIN = "Copy or convert the model again."


class Bounds:
    """An allowance of bytes to read, in proportion to the file.

    A sound file stores each vector once, so all reads together stay below a small multiple of its
    size; a damaged one whose tables all point at one long vector would take quadratic time.
    """

    def __init__(self, source: str, data: bytes) -> None:
        self.source = source
        self.data = data
        self._left = 4 * len(data) + 4096

    def bad(self, what: str, hint: str = CONVERT_AGAIN) -> BadModel:
        """The error for this file."""
        return BadModel(what, where=self.source, hint=hint)

    def take(self, count: int, itemsize: int, what: str) -> int:
        """Return `count` if that many items may still be read.

        Raises:
            BadModel: they cannot lie in the file.
        """
        self._left -= count * itemsize
        if count * itemsize > len(self.data) or self._left < 0:
            raise self.bad(
                f"the file is damaged or incomplete: {what} claims {count:,} entries, more than "
                f"its {len(self.data):,} bytes hold"
            )
        return count

    def vector(self, table: Any, field: str, itemsize: int, what: str) -> tuple[Any, ...]:
        """A vector of scalars, by its schema name in camel case; empty where it is absent."""
        count = self.take(getattr(table, f"{field}Length")(), itemsize, what)
        return tuple(getattr(table, f"{field}AsNumpy")().tolist()) if count else ()

    def text(self, raw: bytes | None) -> str:
        """A string, with what is not UTF-8 replaced."""
        return (raw or b"").decode("utf-8", errors="replace")
