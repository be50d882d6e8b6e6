"""A serial port behind TCP as ser2net serves it: RFC 2217, by pyserial's own server side."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import serial
import serial.rfc2217


class _PtyPort(serial.Serial):
    """A pseudo-terminal has no modem lines, which RFC 2217 asks for."""

    cts = dsr = ri = cd = property(lambda self: False)

    def _update_rts_state(self) -> None:
        pass

    def _update_dtr_state(self) -> None:
        pass


class _Connection:
    """What pyserial's PortManager writes its negotiation to."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        with self._lock:
            self._client.sendall(data)


@contextlib.contextmanager
def ser2net(device: str) -> Iterator[str]:
    """Serve `device` to one client; yields the URL that the host opens."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        _PtyPort(device, timeout=0.05) as port,
    ):
        done = threading.Event()

        def serve() -> None:
            with contextlib.suppress(OSError):
                client, _ = server.accept()
                with client:
                    connection = _Connection(client)
                    manager = serial.rfc2217.PortManager(port, connection)
                    back = threading.Thread(target=send_back, args=(connection, manager))
                    back.start()
                    with contextlib.suppress(OSError):
                        while data := client.recv(4096):
                            port.write(b"".join(manager.filter(data)))
                    done.set()
                    back.join()

        def send_back(connection: _Connection, manager: serial.rfc2217.PortManager) -> None:
            with contextlib.suppress(OSError):
                while not done.is_set():
                    if data := port.read(max(1, port.in_waiting)):
                        connection.write(b"".join(manager.escape(data)))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"rfc2217://127.0.0.1:{server.getsockname()[1]}"
        finally:
            done.set()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            assert not thread.is_alive()
