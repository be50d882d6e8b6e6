"""Reading a payload from front to back, where every byte must be there and none be left."""

from __future__ import annotations

import struct
from typing import Any

from harness.errors import BadFrame

_HINT = "Flash firmware that this harness built; if it stays, check the cable."


class Cursor:
    """A position in `payload`; `message` and `where` name it in errors."""

    def __init__(self, payload: bytes, message: str, where: str) -> None:
        self._payload = payload
        self._message = message
        self._where = where
        self._at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        """Return the next fields, `layout` as in `struct`."""
        size = struct.calcsize(layout)
        self._need(size)
        fields = struct.unpack_from(layout, self._payload, self._at)
        self._at += size
        return fields

    def raw(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        self._need(count)
        self._at += count
        return self._payload[self._at - count : self._at]

    def string(self) -> str:
        """Return the next string: one byte of length, then ASCII.

        Raises:
            BadFrame: fewer bytes are left, or it is not ASCII.
        """
        (length,) = self.take("<B")
        raw = self.raw(length)
        if not raw.isascii():
            raise BadFrame(
                f"{self._message} holds a string that is not ASCII: {raw!r}",
                where=self._where,
                hint=_HINT,
            )
        return raw.decode("ascii")

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.raw(len(self._payload) - self._at)

    def end(self) -> None:
        """Require that nothing is left."""
        if self._at != len(self._payload):
            self._refuse(f"{self._at}")

    def _need(self, count: int) -> None:
        if self._at + count > len(self._payload):
            self._refuse(f"at least {self._at + count}")

    def _refuse(self, wanted: str) -> None:
        raise BadFrame(
            f"{self._message} has {len(self._payload)} bytes, wanted {wanted}",
            where=self._where,
            hint=_HINT,
        )
