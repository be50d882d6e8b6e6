"""The server: lets the chip run, and serves its debugger and its serial line in between."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable

from harness.machine.virtual_h743.chip import Chip
from harness.machine.virtual_h743.core import Halt, State
from harness.machine.virtual_h743.debugger import Debugger
from harness.machine.virtual_h743.link import Link
from harness.machine.virtual_h743.packets import ACK, INTERRUPT, PacketStream, packet
from harness.machine.virtual_h743.watcher import Watcher

_CHUNK = 1 << 16


class Server:
    """One chip behind a GDB port and a link port.

    Args:
        chip: the chip.
        link: its serial line.
        gdb_listener, link_listener: sockets that listen on a local address.
        clock_hz: how fast the chip's time passes while it sleeps.
    """

    def __init__(
        self,
        chip: Chip,
        link: Link,
        gdb_listener: socket.socket,
        link_listener: socket.socket,
        *,
        clock_hz: int,
    ) -> None:
        self._chip = chip
        self._link = link
        self._clock_hz = clock_hz
        self.on_sleep: list[Callable[[], None]] = []
        self.debugger = Debugger(chip)
        self._gdb: socket.socket | None = None
        self._packets = PacketStream()
        self._awaited = False
        self._ends = False
        self._selector = selectors.DefaultSelector()
        self._listen(gdb_listener, lambda: self._accept_gdb(gdb_listener))
        self._listen(link_listener, lambda: self._accept_link(link_listener))
        self._watcher = Watcher(self._selector, chip.engine)

    def end_with(self, lifeline: socket.socket) -> None:
        """End when the other side of `lifeline` is closed."""
        self._selector.register(lifeline, selectors.EVENT_READ, self._end)

    def serve(self) -> None:
        """Serve until the end."""
        while not self._ends:
            state = self._chip.core.state
            if state is State.RUNNING:
                with self._watcher.running():
                    halt = self._chip.advance()
                if halt is not None:
                    self._tell(halt)
                self._look(0)
            elif state is State.SLEEPING and self.debugger.powered:
                self._sleep()
            else:
                self._look(None)

    def power_off(self) -> None:
        """The chip has lost its supply: nothing on it answers any more."""
        self.debugger.powered = False
        self._link.dead = True
        self._chip.engine.stop_soon()

    def _sleep(self) -> None:
        """Wait as the core does: not at all for what came just before it fell asleep."""
        self._link.flush()
        self._chip.wake(0)
        if self._chip.core.state is not State.SLEEPING:
            return
        for hear in self.on_sleep:
            hear()
        ticks = self._chip.sleeping_ticks()
        since = time.monotonic()
        self._look(None if ticks is None else ticks / self._clock_hz)
        self._chip.wake(max(ticks or 0, 0) if self._timed_out else self._ticks_since(since))

    def _ticks_since(self, since: float) -> int:
        return int((time.monotonic() - since) * self._clock_hz)

    def _look(self, timeout_s: float | None) -> None:
        """Serve every socket that has something; wait for one at most `timeout_s`."""
        ready = self._selector.select(timeout_s)
        self._timed_out = not ready
        for key, _ in ready:
            handle: Callable[[], None] = key.data
            handle()

    def _listen(self, listener: socket.socket, accept: Callable[[], None]) -> None:
        self._selector.register(listener, selectors.EVENT_READ, accept)

    def _accept_link(self, listener: socket.socket) -> None:
        client = self._accepted(listener)
        self._link.client = client
        self._selector.unregister(listener)

        def serve() -> None:
            data = _received(client)
            if data:
                self._link.take(data)
                return
            self._selector.unregister(client)
            self._link.client = None
            client.close()
            self._listen(listener, lambda: self._accept_link(listener))

        self._selector.register(client, selectors.EVENT_READ, serve)

    def _accept_gdb(self, listener: socket.socket) -> None:
        """A debugger that connects halts the core, as QEMU does; `was_running` tells it so."""
        client = self._accepted(listener)
        core = self._chip.core
        self.debugger.was_running = core.state is not State.HALTED
        core.halt()
        core.debugged = True
        self._gdb = client
        self._awaited = False
        self._packets = PacketStream()
        self._selector.unregister(listener)

        def serve() -> None:
            data = _received(client)
            if data:
                self._serve_gdb(data)
                return
            self._selector.unregister(client)
            self._gdb = None
            core.debugged = False
            self.debugger.forget()
            client.close()
            self._listen(listener, lambda: self._accept_gdb(listener))

        self._selector.register(client, selectors.EVENT_READ, serve)

    @staticmethod
    def _accepted(listener: socket.socket) -> socket.socket:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def _serve_gdb(self, data: bytes) -> None:
        for command in self._packets.feed(data):
            if self._awaited:
                # Anything that is said to a core that runs stops it first.
                self._chip.core.halt()
                self._tell(Halt.ASKED)
            if command == INTERRUPT:
                continue
            if not self.debugger.quiet:
                self._send(ACK)
            # One that has detached is none, while its connection is still there: a BKPT is a fault.
            self._chip.core.debugged = command != b"D"
            if command == b"D":
                self._send(packet(b"OK"))
                self._chip.core.resume()
                continue
            answer = self.debugger.answer(command)
            if answer is None:
                self._awaited = True
            else:
                self._send(packet(answer))

    def _tell(self, halt: Halt) -> None:
        """Report a halt to a debugger that waits for it."""
        self._link.flush()
        if self._awaited:
            self._awaited = False
            self._send(packet(self.debugger.stopped(halt)))

    def _send(self, data: bytes) -> None:
        if self._gdb is not None:
            # A debugger that is gone is noticed where it is read.
            with contextlib.suppress(OSError):
                self._gdb.sendall(data)

    def _end(self) -> None:
        self._ends = True


def _received(client: socket.socket) -> bytes:
    try:
        return client.recv(_CHUNK)
    except OSError:
        return b""
