"""A TCP port of this computer, which is closed without the pause that pyserial makes behind it."""

from __future__ import annotations

import contextlib
import socket

from serial.urlhandler import protocol_socket

PREFIX = "socket://127.0.0.1:"
"""Of the URLs of simulators, which hear at once that a connection has ended."""


class NearSocket(protocol_socket.Serial):
    """As pyserial's `socket://`, whose `close` then waits 0.3 s for servers that need time."""

    _socket: socket.socket | None

    def close(self) -> None:
        """Close the connection; closing twice does nothing."""
        connection, self._socket = self._socket, None
        self.is_open = False
        if connection is not None:
            with contextlib.suppress(OSError):  # the other end was first
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
