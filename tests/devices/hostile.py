"""Ways in which a link goes wrong, put between a scripted device and the port it is behind."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from devices.scripted import ScriptedDevice


class Unplugged(Exception):
    """The cable is pulled, and put back at once."""


Fault = Callable[["Hostile", bytes], bytes]


@dataclass
class Hostile:
    """A device whose `fault` strikes once: at bytes that are no delimiters, while `when` holds.

    `fault` gets what the host sent and returns what the host hears.
    """

    device: ScriptedDevice
    fault: Fault
    when: Callable[[ScriptedDevice], bool]
    struck: bool = False

    def receive(self, data: bytes) -> bytes:
        if not self.struck and data.strip(b"\0") and self.when(self.device):
            self.struck = True
            return self.fault(self, data)
        return self.device.receive(data)


def lost_on_the_way_out(hostile: Hostile, data: bytes) -> bytes:
    return hostile.device.receive(data[:9] + data[10:])


def lost_on_the_way_in(hostile: Hostile, data: bytes) -> bytes:
    answer = hostile.device.receive(data)
    return answer[:-9] + answer[-8:]


def all_lost_on_the_way_in(hostile: Hostile, data: bytes) -> bytes:
    hostile.device.receive(data)
    return b""


def doubled_on_the_way_out(hostile: Hostile, data: bytes) -> bytes:
    return hostile.device.receive(data[:9] + data[8:])


def doubled_on_the_way_in(hostile: Hostile, data: bytes) -> bytes:
    answer = hostile.device.receive(data)
    return answer[:-9] + answer[-10:]


def frames_doubled(hostile: Hostile, data: bytes) -> bytes:
    return hostile.device.receive(data + data)


def corrupted_on_the_way_out(hostile: Hostile, data: bytes) -> bytes:
    return hostile.device.receive(data[:9] + bytes([data[9] ^ 0x40 or 1]) + data[10:])


def corrupted_on_the_way_in(hostile: Hostile, data: bytes) -> bytes:
    answer = hostile.device.receive(data)
    return answer[:-9] + bytes([answer[-9] ^ 0x40 or 1]) + answer[-8:]


def garbage(hostile: Hostile, data: bytes) -> bytes:
    return b"\x00\xff\x13 half a frame\x00\x02\x02" + hostile.device.receive(data)


def banner(hostile: Hostile, data: bytes) -> bytes:
    return b"\r\n*** Board 2.1, ready ***\r\n> " + hostile.device.receive(data)


def reset_with_a_banner(hostile: Hostile, data: bytes) -> bytes:
    hostile.device.reset()
    return b"\r\n*** Board 2.1, ready ***\r\n> "


def reset_without_a_word(hostile: Hostile, data: bytes) -> bytes:
    hostile.device.reset()
    return b""


def stuck(hostile: Hostile, data: bytes) -> bytes:
    hostile.device.deaf = True
    return b""


def unplugged(hostile: Hostile, data: bytes) -> bytes:
    hostile.device.reset()
    raise Unplugged


Serve = Callable[[Hostile], AbstractContextManager[str]]


@contextlib.contextmanager
def behind_tcp(hostile: Hostile) -> Iterator[str]:
    """Serve on a free TCP port, one client after the other; yield the URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, contextlib.suppress(Unplugged):
                        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        while data := connection.recv(65536):
                            connection.sendall(hostile.receive(data))

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
def behind_pty(hostile: Hostile, folder: Path) -> Iterator[str]:
    """Serve on a pseudo-terminal; yield a name that is the same after it was plugged in again."""
    name = folder / "ttyHOSTILE"
    stop, stopped = os.pipe()

    def plug_in() -> tuple[int, int]:
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        fresh = folder / "ttyFRESH"
        fresh.symlink_to(os.ttyname(theirs))
        fresh.replace(name)
        return ours, theirs

    ends = plug_in()

    def serve() -> None:
        nonlocal ends
        while stop not in (ready := select.select([ends[0], stop], [], [])[0]):
            if ends[0] in ready:
                try:
                    os.write(ends[0], hostile.receive(os.read(ends[0], 65536)))
                except Unplugged:
                    old, ends = ends, plug_in()
                    for end in old:
                        os.close(end)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield str(name)
    finally:
        os.write(stopped, b"x")
        thread.join(5)
        assert not thread.is_alive()
        for end in (stop, stopped, *ends):
            os.close(end)
