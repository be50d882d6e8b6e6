"""USART3's line as a TCP server for one client at a time."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

_FLUSH_BYTES = 512


class Link:
    """What the firmware sends is kept until `flush`; without a client it is lost."""

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self._receive = receive
        self._waiting = bytearray()
        self.dead = False
        self.client: socket.socket | None = None

    def send(self, byte: int) -> None:
        """Take a byte from the firmware."""
        if self.client is not None and not self.dead:
            self._waiting.append(byte)
            if len(self._waiting) >= _FLUSH_BYTES:
                self.flush()

    def flush(self) -> None:
        """Hand what was sent to the client."""
        if self._waiting and self.client is not None:
            # A client that is gone is noticed where it is read.
            with contextlib.suppress(OSError):
                self.client.sendall(self._waiting)
        self._waiting.clear()

    def take(self, data: bytes) -> None:
        """Hand what the client sent to the firmware."""
        if not self.dead:
            self._receive(data)
