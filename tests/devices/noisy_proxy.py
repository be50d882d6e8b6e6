"""A TCP connection that loses, flips, doubles and delays bytes: at a rate, and from a seed."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

FAULTS = ("drop", "flip", "double", "delay")
DELAY_S = 0.02


@dataclass
class NoisyProxy:
    """Stands between a client and the device at `upstream`, (host, port).

    `rate` is the probability that a byte meets a fault, in each direction alike; the gaps between
    faults come from `seed`, so the n-th byte of a direction has the same fate in every run.
    """

    upstream: tuple[str, int]
    rate: float
    seed: int
    kinds: Sequence[str] = FAULTS
    injected: Counter[str] = field(default_factory=Counter)
    passed: int = 0
    url: str = ""
    _open: list[socket.socket] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)

    def unplug(self) -> None:
        """Close both connections; the next client is served again."""
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve(self, server: socket.socket) -> None:
        """Serve one client after the other until `stop`."""
        with contextlib.suppress(OSError):
            while not self._done.is_set():
                client, _ = server.accept()
                with client, socket.create_connection(self.upstream, timeout=10) as device:
                    device.settimeout(None)
                    self._open = [client, device]
                    threads = [
                        threading.Thread(target=self._carry, args=(*ends, name), daemon=True)
                        for name, *ends in (("out", client, device), ("in", device, client))
                    ]
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        thread.join()

    def stop(self) -> None:
        self._done.set()
        self.unplug()

    def _carry(self, source: socket.socket, sink: socket.socket, name: str) -> None:
        draw = random.Random(f"{self.seed} {name}")
        left = self._gap(draw)
        with contextlib.suppress(OSError):
            for end in (source, sink):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := source.recv(65536):
                self.passed += len(data)
                while len(data) > left:
                    before, byte, data = data[:left], data[left : left + 1], data[left + 1 :]
                    sink.sendall(before)
                    sink.sendall(self._harm(byte, draw))
                    left = self._gap(draw)
                sink.sendall(data)
                left -= len(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _gap(self, draw: random.Random) -> int:
        """Bytes that pass unharmed before the next fault."""
        return int(draw.expovariate(self.rate)) if self.rate else 1 << 62

    def _harm(self, byte: bytes, draw: random.Random) -> bytes:
        kind = draw.choice(self.kinds)
        self.injected[kind] += 1
        match kind:
            case "drop":
                return b""
            case "flip":
                return bytes([byte[0] ^ 1 << draw.randrange(8)])
            case "double":
                return 2 * byte
            case _:
                self._done.wait(DELAY_S)
                return byte


@contextlib.contextmanager
def noisy(url: str, rate: float, seed: int, kinds: Sequence[str] = FAULTS) -> Iterator[NoisyProxy]:
    """Put a proxy before `socket://host:port`; its `url` is what the client opens instead."""
    host, _, port = url.removeprefix("socket://").rpartition(":")
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = NoisyProxy((host, int(port)), rate, seed, kinds)
        proxy.url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=proxy.serve, args=(server,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.stop()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            assert not thread.is_alive()
