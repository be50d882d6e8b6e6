"""A TCP connection to a GDB server on which every wait has a deadline."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque

from harness.probe import rsp
from harness.probe.faults import NothingListens, ServerGone, ServerSilent

_RETRY_INTERVAL_S = 0.02


class Connection:
    """Sends commands and matches replies; a connection that failed once stays failed.

    Acknowledgements travel with the next command: while a QEMU machine runs, any byte stops it.

    Args:
        host: name or address of the server.
        port: its TCP port.
        timeout_s: seconds that one reply may take.
        connect_s: seconds during which a refused connection is tried again.

    Raises:
        NothingListens: no connection within `connect_s`.
    """

    def __init__(self, host: str, port: int, *, timeout_s: float, connect_s: float = 2.0) -> None:
        self._where = f"{host}:{port}"
        self._timeout_s = timeout_s
        self._decoder = rsp.Decoder()
        self._events: deque[rsp.Event] = deque()
        self._owes_ack = False
        self._failure: ServerGone | ServerSilent | None = None
        self.stray_stops = 0
        self.wants_acks = True
        self._socket = _connect(host, port, connect_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, payload: bytes) -> bytes:
        """Send a command and return its reply.

        Raises:
            ServerSilent: no reply before the deadline.
            ServerGone: the connection ended or carries garbage.
        """
        self.send(payload)
        return self.next_reply()

    def next_reply(self) -> bytes:
        """Return the next reply; stop replies answer nothing here: they are counted and dropped."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            reply = self._packet(deadline)
            if reply is None:
                raise self._silent()
            if not rsp.is_stop_reply(reply):
                return reply
            self.stray_stops += 1

    def await_stop(self) -> bytes:
        """Return the next stop reply; ServerSilent when there is none before the deadline."""
        reply = self.wait_stop(self._timeout_s)
        if reply is None:
            raise self._silent()
        return reply

    def wait_stop(self, timeout_s: float) -> bytes | None:
        """Return the next stop reply, or None when there is none within `timeout_s` (0: look)."""
        deadline = time.monotonic() + timeout_s
        while True:
            reply = self._packet(deadline)
            if reply is not None and reply[:1] in (b"W", b"X"):
                raise self._fail(ServerGone(f"{self._where}: the target has ended"))
            if reply is None or rsp.is_stop_reply(reply):
                return reply

    def send(self, payload: bytes) -> None:
        """Send a command without waiting (`c` and `s` are answered when the target stops)."""
        ack = rsp.ACK if self._owes_ack else b""
        self._owes_ack = False
        self._write(ack + rsp.encode(payload))

    def interrupt(self) -> None:
        """Ask a running target to stop."""
        self._write(rsp.INTERRUPT)

    def close(self) -> None:
        """Close the connection; the target stays as it is."""
        self._failure = self._failure or ServerGone(f"{self._where}: the connection was closed")
        with contextlib.suppress(OSError):
            self._socket.close()

    def _packet(self, deadline: float) -> bytes | None:
        """Return the payload of the next packet, or None at the deadline."""
        while True:
            if not self._events:
                data = self._read(deadline)
                if data is None:
                    return None
                self._events.extend(self._decoder.feed(data))
                continue
            event = self._events.popleft()
            if isinstance(event, rsp.Packet):
                self._owes_ack = self.wants_acks
                return event.payload
            if isinstance(event, rsp.Rejected):
                raise self._fail(ServerGone(f"{self._where}: the server rejected a command"))
            if isinstance(event, rsp.Corrupt):
                raise self._fail(ServerGone(f"{self._where}: {event.reason}"))

    def _read(self, deadline: float) -> bytes | None:
        """Return what has arrived, or None at the deadline (one in the past is a look)."""
        if self._failure is not None:
            raise self._failure
        self._socket.settimeout(max(0.0, deadline - time.monotonic()))
        try:
            data = self._socket.recv(1 << 16)
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            raise self._fail(ServerGone(f"{self._where}: {error.strerror}")) from error
        if not data:
            raise self._fail(ServerGone(f"{self._where}: the server closed the connection"))
        return data

    def _write(self, data: bytes) -> None:
        if self._failure is not None:
            raise self._failure
        self._socket.settimeout(self._timeout_s)
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            raise self._silent() from error
        except OSError as error:
            raise self._fail(ServerGone(f"{self._where}: {error.strerror}")) from error

    def _silent(self) -> ServerGone | ServerSilent:
        return self._fail(ServerSilent(f"{self._where}: no answer within {self._timeout_s:g} s"))

    def _fail(self, failure: ServerGone | ServerSilent) -> ServerGone | ServerSilent:
        self._failure = failure
        return failure


def _connect(host: str, port: int, connect_s: float) -> socket.socket:
    """Connect, trying again while refused: a simulator opens its ports one after the other."""
    deadline = time.monotonic() + connect_s
    while True:
        try:
            return socket.create_connection((host, port), timeout=max(0.1, connect_s))
        except ConnectionRefusedError as error:
            if time.monotonic() >= deadline:
                raise NothingListens(f"{host}:{port}: connection refused") from error
            time.sleep(_RETRY_INTERVAL_S)
        except OSError as error:
            raise NothingListens(f"{host}:{port}: {error.strerror or error}") from error
