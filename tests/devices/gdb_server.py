"""A GDB server that answers from a table, over a real TCP connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[bytes], bytes | None]
"""Raw bytes to send for a command's payload; None says nothing, b"" hangs up."""

HANG_UP = b""


def packet(payload: bytes) -> bytes:
    """Frame a payload that needs no escapes, with the acknowledgement in front."""
    return b"+$%b#%02x" % (payload, sum(payload) % 256)


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, int]]:
    """Serve one client in a thread; yields the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=_serve, args=(listener, answer), daemon=True)
        thread.start()
        yield listener.getsockname()
        listener.close()
        thread.join(10)


def _serve(listener: socket.socket, answer: Answer) -> None:
    try:
        client, _ = listener.accept()
    except OSError:
        return
    with client, contextlib.suppress(ConnectionError):
        pending = b""
        while data := client.recv(4096):
            pending += data
            while (end := pending.find(b"#")) >= 0 and len(pending) >= end + 3:
                start = pending.index(b"$")
                command, pending = pending[start + 1 : end], pending[end + 3 :]
                said = answer(command)
                if said == HANG_UP:
                    return
                if said is not None:
                    client.sendall(said)
