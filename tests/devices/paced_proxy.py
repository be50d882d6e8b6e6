"""A TCP connection that moves bytes as fast as a UART of a given rate does, each way by itself."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

BITS_PER_BYTE = 10  # start, eight, stop
_AT_ONCE = 64


@dataclass
class PacedProxy:
    """Counts what passes in `carried`, "out" to the device and "in" from it."""

    upstream: tuple[str, int]
    baud_rate: int
    url: str = ""
    carried: Counter[str] = field(default_factory=Counter)

    def seconds(self) -> float:
        """What the fuller direction takes at this rate."""
        return max(self.carried.values(), default=0) * BITS_PER_BYTE / self.baud_rate

    def serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client, _ = server.accept()
            with client, socket.create_connection(self.upstream, timeout=10) as device:
                device.settimeout(None)
                back = threading.Thread(target=self._carry, args=(device, client, "in"))
                back.start()
                self._carry(client, device, "out")
                back.join()

    def _carry(self, source: socket.socket, sink: socket.socket, name: str) -> None:
        """A byte leaves when the line is free; a late wake-up is made up for."""
        free_at = 0.0
        with contextlib.suppress(OSError):
            for end in (source, sink):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := source.recv(65536):
                free_at = max(free_at, time.monotonic())
                for piece in _pieces(data):
                    free_at += len(piece) * BITS_PER_BYTE / self.baud_rate
                    time.sleep(max(0.0, free_at - time.monotonic()))
                    sink.sendall(piece)
                self.carried[name] += len(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _pieces(data: bytes) -> list[bytes]:
    """Cut behind each delimiter, so that no frame waits for what follows it; else `_AT_ONCE`."""
    frames = re.findall(rb"[^\0]*\0|[^\0]+", data)
    return [frame[at : at + _AT_ONCE] for frame in frames for at in range(0, len(frame), _AT_ONCE)]


@contextlib.contextmanager
def paced(url: str, baud_rate: int) -> Iterator[PacedProxy]:
    """Put a proxy before `socket://host:port`; its `url` is what the client opens instead."""
    host, _, port = url.removeprefix("socket://").rpartition(":")
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = PacedProxy((host, int(port)), baud_rate)
        proxy.url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=proxy.serve, args=(server,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
