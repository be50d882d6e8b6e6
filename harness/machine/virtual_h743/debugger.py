"""What a debugger asks of the halted chip, command by command.

Source: "Debugging with GDB", appendix E.2 (packets) and E.3 (stop reply packets).
"""

from __future__ import annotations

from unicorn import unicorn_const as uc_const

from harness.machine.virtual_h743.chip import Chip
from harness.machine.virtual_h743.core import Halt, State
from harness.machine.virtual_h743.target_description import CORE, NUMBERS, document, width

PACKET_BYTES = 0x4000
_OK, _REFUSED, _UNKNOWN = b"OK", b"E0e", b""
_WATCHES = {
    2: (uc_const.UC_HOOK_MEM_WRITE, b"watch"),
    3: (uc_const.UC_HOOK_MEM_READ, b"rwatch"),
    4: (uc_const.UC_HOOK_MEM_READ | uc_const.UC_HOOK_MEM_WRITE, b"awatch"),
}
_RESETS = {b"system_reset", b"reset", b"reset halt"}


class Debugger:
    """Answers commands; an answer of None means that the core runs and will tell when it stops."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._points: dict[tuple[int, int], int] = {}
        self.quiet = False
        self.powered = True
        self.was_running = False

    def answer(self, command: bytes) -> bytes | None:
        """Carry out one command."""
        letter, rest = command[:1], command[1:]
        if letter in b"cs" and letter:
            return self._go(letter)
        if not self.powered and letter in b"gGpPmMzZ":
            return _REFUSED
        try:
            return self._simple(letter, rest)
        except (ValueError, IndexError, KeyError):
            return _REFUSED

    def stopped(self, halt: Halt) -> bytes:
        """The stop reply for a core that ran."""
        if halt is Halt.WATCHPOINT:
            at = self._chip.core.halted_at
            return b"T05%b:%08x;" % (self._watch_at(at), at)
        return {
            Halt.ASKED: b"T02thread:01;",
            Halt.BREAKPOINT: b"T05thread:01;",
            Halt.LOCKUP: b"T0blockup:;",
        }[halt]

    def forget(self) -> None:
        """The debugger is gone, and its breakpoints with it."""
        for kind, address in list(self._points):
            self._point(kind, address, 1, present=False)
        self.quiet = False

    def _go(self, letter: bytes) -> bytes | None:
        if not self.powered:
            return None
        if letter == b"s":
            self._chip.core.step()
            locked = self._chip.core.state is State.LOCKED_UP
            return self.stopped(Halt.LOCKUP if locked else Halt.BREAKPOINT)
        self._chip.core.resume()
        return None

    def _simple(self, letter: bytes, rest: bytes) -> bytes:
        if letter == b"?":
            return self.stopped(Halt.ASKED)
        if letter == b"m":
            address, length = _numbers(rest)
            return self._chip.read(address, length).hex().encode()
        if letter == b"M":
            place, _, data = rest.partition(b":")
            self._chip.write(_numbers(place)[0], bytes.fromhex(data.decode()))
            return _OK
        if letter == b"p":
            return self._register(NUMBERS[int(rest, 16)])
        if letter == b"P":
            number, _, data = rest.partition(b"=")
            name = NUMBERS[int(number, 16)]
            value = int.from_bytes(bytes.fromhex(data.decode()), "little")
            self._chip.engine.write(name, value)
            return _OK
        if letter == b"g":
            return b"".join(self._register(name) for name in CORE[:-1])
        if letter in b"zZ" and letter:
            kind, address, length = _numbers(rest.partition(b";")[0])
            self._point(kind, address, length, present=letter == b"Z")
            return _OK
        if letter in b"HT" and letter:
            return _OK
        return self._query(letter + rest)

    def _query(self, command: bytes) -> bytes:
        if command.startswith(b"qSupported"):
            running = b"+" if self.was_running else b"-"
            return (
                b"PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;hwbreak+;swbreak+;"
                b"harness.running%b" % (PACKET_BYTES, running)
            )
        if command == b"QStartNoAckMode":
            self.quiet = True
            return _OK
        if command.startswith(b"qXfer:features:read:target.xml:"):
            start, length = _numbers(command.rpartition(b":")[2])
            part = document()[start : start + length]
            return (b"m" if len(part) == length else b"l") + part
        if command.startswith(b"qRcmd,"):
            return self._monitor(bytes.fromhex(command[6:].decode()))
        if command == b"qAttached":
            return b"1"
        if command == b"qC":
            return b"QC01"
        if command == b"qfThreadInfo":
            return b"m01"
        return b"l" if command == b"qsThreadInfo" else _UNKNOWN

    def _monitor(self, command: bytes) -> bytes:
        if command.strip() in _RESETS:
            if not self.powered:
                return _REFUSED
            self._chip.reset()
            return _OK
        return b"E01"

    def _register(self, name: str) -> bytes:
        return self._chip.engine.read(name).to_bytes(width(name), "little").hex().encode()

    def _point(self, kind: int, address: int, length: int, *, present: bool) -> None:
        if kind in _WATCHES:
            hook = _WATCHES[kind][0]
            self._chip.engine.set_watchpoint(hook, address, length, present=present)
        elif kind in (0, 1):
            self._chip.engine.set_breakpoint(address, present=present)
        else:
            raise KeyError(kind)
        if present:
            self._points[kind, address] = length
        else:
            self._points.pop((kind, address), None)

    def _watch_at(self, address: int) -> bytes:
        for (kind, start), length in self._points.items():
            if kind in _WATCHES and start <= address < start + length:
                return _WATCHES[kind][1]
        return b"watch"


def _numbers(text: bytes) -> list[int]:
    return [int(number, 16) for number in text.split(b",")]
