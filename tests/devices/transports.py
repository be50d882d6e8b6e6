"""Ways to reach a scripted device: in memory on a clock of its own, over TCP, and over a pty."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import threading
import tty
from collections.abc import Iterator
from dataclasses import dataclass, field

from devices.scripted import ScriptedDevice

from harness.errors import LinkClosed


@dataclass
class Clock:
    """A clock that moves only when it is told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class MemoryPort:
    """A port whose device answers at once; waiting for more moves the clock.

    `chunk` bytes arrive per read. From `closes_after` bytes on, the other end has hung up; before
    the clock shows `boots_at`, the device hears nothing.
    """

    device: ScriptedDevice
    clock: Clock
    chunk: int = 65536
    closes_after: int | None = None
    boots_at: float = 0.0
    latency_s: float = 0.0
    where: str = "memory"
    writes: list[bytes] = field(default_factory=list)
    _out: bytearray = field(default_factory=bytearray)
    _delivered: int = 0

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        if self.clock() >= self.boots_at:
            self._out += self.device.receive(data)

    def read(self, timeout_s: float) -> bytes:
        assert timeout_s > 0
        limit = self.chunk
        if self.closes_after is not None:
            limit = min(limit, self.closes_after - self._delivered)
            if limit == 0:
                raise LinkClosed("the link was closed", where=self.where, hint="look")
        if not self._out:
            self.clock.now += timeout_s
            return b""
        self.clock.now += self.latency_s
        data = bytes(self._out[:limit])
        del self._out[:limit]
        self._delivered += len(data)
        return data

    def use_rate(self, baud_rate: int) -> None:
        """Bytes in memory have none."""

    def reopen(self, wait_s: float) -> None:
        """Plugged in again: the device has lost its power in between."""
        self.device.reset()
        self._out.clear()
        self.closes_after = None


@contextlib.contextmanager
def over_tcp(device: ScriptedDevice, hang_up_after: int | None = None) -> Iterator[str]:
    """Serve `device` on a free TCP port; yield the pyserial URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    sent = 0
                    while data := connection.recv(4096):
                        answer = device.receive(data)
                        if hang_up_after is not None:
                            answer = answer[: hang_up_after - sent]
                        connection.sendall(answer)
                        sent += len(answer)
                        if sent == hang_up_after:
                            break
            server.close()  # as a process that has ended: nothing listens any more

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            assert not thread.is_alive()


@contextlib.contextmanager
def over_pty(device: ScriptedDevice, hang_up_after: int | None = None) -> Iterator[str]:
    """Serve `device` on a pseudo-terminal; yield the name of the end that the host opens."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    stop, stopped = os.pipe()
    name = os.ttyname(theirs)

    def serve() -> None:
        sent = 0
        with contextlib.suppress(OSError):
            while stop not in (ready := select.select([ours, stop], [], [])[0]):
                if ours in ready:
                    answer = device.receive(os.read(ours, 4096))
                    if hang_up_after is not None:
                        answer = answer[: hang_up_after - sent]
                    while answer:
                        count = os.write(ours, answer)
                        sent += count
                        answer = answer[count:]
                    if sent == hang_up_after:
                        break
        if hang_up_after is not None:
            os.close(theirs)
            os.close(ours)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield name
    finally:
        os.write(stopped, b"x")
        thread.join(5)
        assert not thread.is_alive()
        for fd in (stop, stopped) if hang_up_after is not None else (stop, stopped, ours, theirs):
            os.close(fd)
