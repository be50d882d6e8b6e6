"""Finds out which kind of GDB server answers, and connects with the rules for it."""

from __future__ import annotations

from harness.probe.backend import Backend
from harness.probe.connection import Connection
from harness.probe.qemu_rules import QemuBackend
from harness.probe.renode_rules import RenodeBackend, is_renode
from harness.probe.rsp_backend import RspBackend, handshake


def open_backend(host: str, port: int, *, timeout_s: float, connect_s: float = 2.0) -> Backend:
    """Connect to the GDB server at `host:port`.

    Raises:
        NothingListens, ServerBusy, ServerSilent, ServerGone: as their names say.
    """
    connection = Connection(host, port, timeout_s=timeout_s, connect_s=connect_s)
    try:
        features = handshake(connection)
        return _rules(connection)(connection, features)
    except BaseException:
        connection.close()
        raise


def _rules(connection: Connection) -> type[RspBackend]:
    if connection.exchange(QemuBackend.PROBE_COMMAND) in (b"0", b"1"):
        return QemuBackend
    return RenodeBackend if is_renode(connection) else RspBackend
