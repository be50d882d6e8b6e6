"""What can go wrong between the probe and a GDB server, before pyOCD or a user hears of it."""

from __future__ import annotations


class ProbeFault(Exception):
    """Root of the faults raised inside the `gdb:` probe."""


class NothingListens(ProbeFault):
    """No connection could be made to the server's address."""


class ServerSilent(ProbeFault):
    """The server accepted the connection or a command and did not answer before the deadline."""


class ServerBusy(ServerSilent):
    """The server accepted the connection and never spoke: it serves another debugger."""


class ServerGone(ProbeFault):
    """The server closed the connection, or what it sends is no longer the protocol."""


class AccessRefused(ProbeFault):
    """The server answered an access with an error: `address` could not be read or written."""

    def __init__(self, address: int, length: int, reply: str) -> None:
        super().__init__(f"{length} bytes at {address:#010x}: {reply}")
        self.address = address
        self.length = length
