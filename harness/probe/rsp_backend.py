"""A GDB server as a backend: plain remote serial protocol, no machine's peculiarities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from harness.probe.backend import StopCause, Traits, Watch
from harness.probe.connection import Connection
from harness.probe.faults import AccessRefused, ServerBusy, ServerSilent
from harness.probe.registers import Register, read_description

_DEFAULT_PACKET = 400
_WAS_RUNNING = "harness.running+"
_SINGLE = re.compile(r"s(\d+)")
# Who polls in a loop leaves the processor to the simulator; a stop ends the wait at once.
_POLL_PATIENCE_S = 0.001
# A core that sleeps (WFI) does not finish a step; debug entry ends the sleep after this long.
_STEP_PATIENCE_S = 0.1


class RspBackend:
    """Drives any server of the remote serial protocol.

    Subclasses change what a machine does differently; `RESET_COMMAND` is the monitor command
    that resets it.
    """

    RESET_COMMAND = "system_reset"
    traits = Traits("GDB remote server", cycle_counter=True)

    def __init__(self, connection: Connection, features: Mapping[str, str]) -> None:
        self._connection = connection
        self._running = False
        self._unreported: StopCause | None = None
        self.locked_up = False
        packet = int(features.get("PacketSize", "0"), 16) or _DEFAULT_PACKET
        # `M` carries two digits a byte behind at most 18 characters of address and length.
        self._chunk = max(4, (packet - 24) // 2 // 4 * 4)
        if "QStartNoAckMode+" in features and connection.exchange(b"QStartNoAckMode") == b"OK":
            connection.wants_acks = False
        self._registers = self._describe(features)
        if self._was_running() or _WAS_RUNNING in features:
            self._go()

    @property
    def running(self) -> bool:
        """Whether the core ran when this was last looked at."""
        return self._running

    def poll(self) -> StopCause | None:
        """Look, almost without waiting, whether a running core has stopped by itself, and why."""
        if self._unreported is not None:
            cause, self._unreported = self._unreported, None
            return cause
        if not self._running:
            return None
        reply = self._connection.wait_stop(_POLL_PATIENCE_S)
        stopped = None if reply is None else self._stopped(reply)
        return None if self.locked_up else stopped

    def halt(self) -> StopCause:
        """Stop a running core."""
        self.locked_up = False
        if not self._running:
            return StopCause.REQUEST
        self._connection.interrupt()
        return self._stopped(self._connection.await_stop())

    def resume(self) -> None:
        """Let a halted core run, unless its first steps would end in lockup."""
        self.locked_up = self._would_lock_up()
        if not self.locked_up:
            self._go()

    def step(self) -> None:
        """Run one instruction; a sleeping core is woken by debug entry, as on hardware."""
        self._connection.send(b"s")
        if self._connection.wait_stop(_STEP_PATIENCE_S) is None:
            self._connection.interrupt()
            self._connection.await_stop()

    def reset(self) -> None:
        """Reset the system; the core is halted before its first instruction."""
        self.halt()
        self.locked_up = False
        self._monitor(self.RESET_COMMAND)

    def read_register(self, name: str) -> int:
        """Read a core register; single-precision registers are halves of the `d` registers."""
        with self._paused():
            single = _SINGLE.fullmatch(name)
            if single and name not in self._registers:
                pair = self.read_register(f"d{int(single[1]) // 2}")
                return pair >> (32 * (int(single[1]) % 2)) & 0xFFFFFFFF
            reply = self._connection.exchange(b"p%x" % self._register(name).number)
            return int.from_bytes(_data(reply, 0, 4), "little")

    def write_register(self, name: str, value: int) -> None:
        """Write a core register."""
        with self._paused():
            single = _SINGLE.fullmatch(name)
            if single and name not in self._registers:
                shift = 32 * (int(single[1]) % 2)
                pair = f"d{int(single[1]) // 2}"
                kept = self.read_register(pair) & ~(0xFFFFFFFF << shift)
                self.write_register(pair, kept | value << shift)
                return
            register = self._register(name)
            data = value.to_bytes(register.size, "little").hex().encode()
            _check(self._connection.exchange(b"P%x=%b" % (register.number, data)), 0, 4)

    def read_memory(self, address: int, length: int) -> bytes:
        """Read `length` bytes in as many packets as the server's packet size asks."""
        out = bytearray()
        with self._paused():
            while len(out) < length:
                count = min(self._chunk, length - len(out))
                at = address + len(out)
                out += _data(self._connection.exchange(b"m%x,%x" % (at, count)), at, count)
        return bytes(out)

    def write_memory(self, address: int, data: bytes) -> None:
        """Write bytes in as many packets as the server's packet size asks."""
        with self._paused():
            for start in range(0, len(data), self._chunk):
                part = data[start : start + self._chunk]
                command = b"M%x,%x:%b" % (address + start, len(part), part.hex().encode())
                _check(self._connection.exchange(command), address + start, len(part))

    def set_breakpoint(self, address: int, *, present: bool) -> None:
        """Set or clear a hardware breakpoint."""
        self._point(1, address, 2, present)

    def set_watchpoint(self, kind: Watch, address: int, length: int, *, present: bool) -> None:
        """Set or clear a watchpoint on `length` bytes."""
        self._point(kind.value, address, length, present)

    def close(self) -> None:
        """End the connection; a running core keeps running, a halted one stays halted."""
        self._connection.close()

    def _point(self, kind: int, address: int, length: int, present: bool) -> None:
        with self._paused():
            command = b"%c%d,%x,%x" % (b"Z" if present else b"z", kind, address, length)
            _check(self._connection.exchange(command), address, length)

    def _was_running(self) -> bool:
        """A server stops a running core when a debugger connects, and says so unasked."""
        stops = self._connection.stray_stops
        self._connection.send(b"?")
        self._connection.await_stop()
        return stops > 0

    def _would_lock_up(self) -> bool:
        return False

    def _go(self) -> None:
        self._connection.send(b"c")
        self._running = True

    def _stopped(self, reply: bytes) -> StopCause:
        self._running = False
        self.locked_up = b"lockup:" in reply
        if b"watch:" in reply:
            return StopCause.WATCHPOINT
        return StopCause.BREAKPOINT if reply[1:3] == b"05" else StopCause.REQUEST

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """Stop the core for an access, and let it run again unless it had stopped by itself."""
        if not self._running:
            yield
            return
        cause = self.halt()
        try:
            yield
        finally:
            if cause is StopCause.REQUEST:
                self._go()
            else:
                self._unreported = cause

    def _monitor(self, command: str) -> bytes:
        """Run a command of the server's own console; its output is not kept."""
        reply = self._connection.exchange(b"qRcmd," + command.encode().hex().encode())
        while reply.startswith(b"O") and reply != b"OK":
            reply = self._connection.next_reply()
        _check(reply, 0, 0)
        return reply

    def _register(self, name: str) -> Register:
        try:
            return self._registers[name]
        except KeyError:
            raise AccessRefused(0, 4, f"the server has no register {name}") from None

    def _describe(self, features: Mapping[str, str]) -> dict[str, Register]:
        if "qXfer:features:read+" not in features:
            core = [*(f"r{n}" for n in range(13)), "sp", "lr", "pc"]
            return {name: Register(n, 4) for n, name in enumerate(core)} | {"xpsr": Register(25, 4)}
        return read_description(self._annex)

    def _annex(self, name: str) -> bytes:
        out = bytearray()
        while True:
            command = f"qXfer:features:read:{name}:{len(out):x},{self._chunk:x}"
            reply = self._connection.exchange(command.encode())
            out += reply[1:]
            if not reply.startswith(b"m"):
                return bytes(out)


def handshake(connection: Connection) -> dict[str, str]:
    """Ask what the server supports.

    Raises:
        ServerBusy: the server accepted the connection and says nothing.
    """
    try:
        reply = connection.exchange(b"qSupported:xmlRegisters=arm;hwbreak+;swbreak+")
    except ServerSilent as silent:
        raise ServerBusy(f"{silent} after it accepted the connection") from silent
    pairs = (item.partition("=") for item in reply.decode("latin-1").split(";"))
    return {name: value for name, _, value in pairs}


def _check(reply: bytes, address: int, length: int) -> None:
    if reply != b"OK":
        raise AccessRefused(address, length, f"the server answered {reply.decode('latin-1')!r}")


def _data(reply: bytes, address: int, length: int) -> bytes:
    try:
        data = bytes.fromhex(reply.decode("ascii"))
    except ValueError:
        data = b""
    if not data or len(data) < length:
        raise AccessRefused(address, length, f"the server answered {reply.decode('latin-1')!r}")
    return data
