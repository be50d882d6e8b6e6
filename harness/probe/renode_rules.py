"""What Renode's GDB server does differently from a debug port, and how the probe makes up for it.

Source: Renode documentation, "Debugging with GDB"; renode-infrastructure, `Utilities/GDB`
(`GdbStub`, `MonitorCommand`, `ReportHaltReasonCommand`) and `Cores/Arm-M/CortexM` (reset, VTOR).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from harness.probe.backend import StopCause, Traits
from harness.probe.connection import Connection
from harness.probe.faults import AccessRefused, ProbeFault
from harness.probe.planted_breakpoints import PlantedBreakpoints
from harness.probe.rsp_backend import RspBackend

_VTOR = 0xE000_ED08
# A core that stops says so from a thread of its own, which may come after the reply to a command.
_SETTLE_S = 0.2
_HALT_PATIENCE_S = 1.0
_REFUSED = re.compile(
    r"error executing command|no such command|bad parameters|could not tokenize|not provide a",
    re.IGNORECASE,
)


class RenodeBackend(RspBackend):
    """A machine of Renode.

    Time stands still until the monitor command `start`; before it the core has no state to run
    from, because it takes SP and PC from its vectors when time starts. Writes reach every bus.
    """

    RESET_COMMAND = "machine Reset"
    traits = Traits("Renode", cycle_counter=True)

    def __init__(self, connection: Connection, features: Mapping[str, str]) -> None:
        self._planted = PlantedBreakpoints()
        self._started = False
        super().__init__(connection, features)

    def halt(self) -> StopCause:
        """Stop a running core; where it sleeps and does not answer, stop time instead."""
        self.locked_up = False
        if not self._running:
            return StopCause.REQUEST
        self._connection.interrupt()
        reply = self._connection.wait_stop(_HALT_PATIENCE_S)
        if reply is not None:
            return self._stopped(reply)
        self._monitor("pause")
        self._started = False
        self._running = False
        return StopCause.REQUEST

    def reset(self) -> None:
        """Reset the machine; the core is halted at what its reset vector says."""
        self.halt()
        self._monitor(self.RESET_COMMAND)
        table = int.from_bytes(self.read_memory(_VTOR, 4), "little")
        vectors = self.read_memory(table, 8)
        stack, entry = (int.from_bytes(vectors[at : at + 4], "little") for at in (0, 4))
        if stack == entry == 0:
            return  # there is no firmware: time must not start, for the core would be stopped
        self._start()
        self._settle()
        for name, value in (("sp", stack & ~3), ("pc", entry & ~1)):
            if self.read_register(name) & ~1 != value:
                self.write_register(name, value)

    def write_memory(self, address: int, data: bytes) -> None:
        """Write memory or a peripheral; flash is plain memory."""
        with self._paused():
            super().write_memory(address, data)
            # What a BKPT does depends on the release; a breakpoint does not.
            self._planted.follow(self, address, data)

    def close(self) -> None:
        """End the connection; a halted core would run on without one, so time is stopped."""
        if self._started and not self._running:
            with contextlib.suppress(ProbeFault):
                self._monitor("pause")
        super().close()

    def _was_running(self) -> bool:
        """Tell whether the core ran: Renode reports its stop before or after it answers `?`."""
        super()._was_running()
        self._started = self._settle() or self._connection.stray_stops > 0
        return self._started

    def _stopped(self, reply: bytes) -> StopCause:
        """Renode says SIGTRAP of every stop; only one at a breakpoint names the breakpoint."""
        self._running = False
        if b"watch:" in reply:
            return StopCause.WATCHPOINT
        return StopCause.BREAKPOINT if b"break:" in reply else StopCause.REQUEST

    def _would_lock_up(self) -> bool:
        return self.read_register("pc") == self.read_register("sp") == 0

    def _go(self) -> None:
        self._start()
        super()._go()

    def _start(self) -> None:
        """Let time pass; the core stays halted, and may say so."""
        if not self._started:
            self._monitor("start")
            self._started = True
            self._settle()

    def _settle(self) -> bool:
        """Take stop replies that nobody waits for; tell whether there was one."""
        heard = False
        while self._connection.wait_stop(_SETTLE_S) is not None:
            heard = True
        return heard

    def _monitor(self, command: str) -> bytes:
        """Run a command of Renode's monitor, which answers OK and says in words what it refused."""
        said, reply = _console(self._connection, command)
        if reply != b"OK" or _REFUSED.search(said):
            words = " ".join(said.split()) or reply.decode("latin-1")
            raise AccessRefused(0, 0, f"Renode refused `{command}`: {words}")
        return reply


def is_renode(connection: Connection) -> bool:
    """Ask a server's console for its version."""
    return "Renode" in _console(connection, "version")[0]


def _console(connection: Connection, command: str) -> tuple[str, bytes]:
    """Run a command of the server's own console; return its output and the last reply."""
    reply = connection.exchange(b"qRcmd," + command.encode().hex().encode())
    said = bytearray()
    while reply.startswith(b"O") and reply != b"OK":
        with contextlib.suppress(ValueError):
            said += bytes.fromhex(reply[1:].decode("latin-1"))
        reply = connection.next_reply()
    return said.decode("utf-8", "replace"), reply
