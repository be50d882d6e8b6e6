"""A GDB server that behaves as Renode's does, with an STM32H743 of memories and no instructions.

Facts: reference measurements on 1.16.1 and renode-infrastructure's GdbStub, MonitorCommand,
PacketData and CortexM. Time starts with the monitor command `start`; the core then takes SP and PC
from its vectors, or is halted for good where there are none. A stop is reported by another thread.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

FEATURES = b"PacketSize=1024;qXfer:features:read+;swbreak+;hwbreak+;ReverseStep+"
MEMORIES = {
    0x0800_0000: 0x10_0000,
    0x0810_0000: 0x10_0000,
    0x2000_0000: 0x2_0000,
    0x2400_0000: 0x8_0000,
    0xE000_E000: 0x1000,
    0xE000_1000: 0x1000,
}
VTOR = 0xE000_ED08
CPUID = 0xE000_ED00
_NAMES = [*(f"r{n}" for n in range(13)), "sp", "lr", "pc"]
_SYSTEM = ["msp", "psp", "primask", "basepri", "faultmask", "control"]
_NUMBERS = {name: n for n, name in enumerate(_NAMES)} | {"xpsr": 25}
_NUMBERS |= {name: 26 + n for n, name in enumerate(_SYSTEM)}


def description() -> bytes:
    """The target description: the core's registers and the special ones, none of the FPU."""
    lines = "".join(f'<reg name="{n}" bitsize="32" regnum="{k}"/>' for n, k in _NUMBERS.items())
    return f'<?xml version="1.0"?><target><feature name="x">{lines}</feature></target>'.encode()


def frame(payload: bytes) -> bytes:
    """A packet with its checksum."""
    return b"$%b#%02x" % (payload, sum(payload) % 256)


@dataclass
class RenodeGdb:
    """The state of the machine, and what was asked of it.

    `asleep`: the core does not answer an interrupt. `late_stops`: a stop comes after the reply that
    follows it. `refuses`: monitor commands answered with an error.
    """

    asleep: bool = False
    late_stops: bool = False
    refuses: tuple[str, ...] = ()
    memory: dict[int, bytearray] = field(default_factory=dict)
    registers: dict[int, int] = field(default_factory=dict)
    started: bool = False
    running: bool = False
    halted_for_good: bool = False
    console: list[str] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    breakpoints: set[int] = field(default_factory=set)
    connections: int = 0

    def __post_init__(self) -> None:
        self.memory = {origin: bytearray(size) for origin, size in MEMORIES.items()}
        self.registers = dict.fromkeys(_NUMBERS.values(), 0)
        self.poke(CPUID, 0x411F_C272)
        self.poke(VTOR, 0x0800_0000)

    def poke(self, address: int, word: int) -> None:
        """Write a word as the core would."""
        self.store(address, word.to_bytes(4, "little"))

    def load_firmware(self, stack: int = 0x2000_1000, entry: int = 0x0800_0101) -> None:
        """Put vectors where the core looks for them."""
        self.poke(0x0800_0000, stack)
        self.poke(0x0800_0004, entry)

    def store(self, address: int, data: bytes) -> bool:
        """Write memory; what is not there takes nothing, and says nothing of it."""
        for origin, memory in self.memory.items():
            if origin <= address < origin + len(memory):
                memory[address - origin : address - origin + len(data)] = data
        return True

    def load(self, address: int, length: int) -> bytes:
        """Read memory; what is not there is zero."""
        for origin, memory in self.memory.items():
            if origin <= address < origin + len(memory):
                return bytes(memory[address - origin : address - origin + length])
        return bytes(length)

    def register(self, name: str) -> int:
        """A core register."""
        return self.registers[_NUMBERS[name]]

    def connected(self) -> list[bytes]:
        """Say what a debugger hears that connects."""
        self.connections += 1
        was_running, self.running = self.running and self.started, False
        return [b"S05"] if was_running else []

    def disconnected(self) -> None:
        """Run on without a debugger."""
        self.running = not self.halted_for_good

    def interrupt(self) -> list[bytes]:
        """Ctrl-C."""
        if self.asleep or not self.running:
            return []
        self.running = False
        return [b"S05"]

    def answer(self, command: bytes) -> list[bytes]:
        """The packets that answer one command."""
        self.commands.append(command)
        if command.startswith(b"qSupported"):
            return [FEATURES]
        if command.startswith(b"qXfer:features:read:target.xml:"):
            offset, length = (int(n, 16) for n in command.rpartition(b":")[2].split(b","))
            part = description()[offset : offset + length]
            return [(b"m" if offset + length < len(description()) else b"l") + part]
        if command.startswith(b"qRcmd,"):
            return self._monitor(bytes.fromhex(command[6:].decode()).decode())
        if command == b"?":
            return [b"S00"]
        return self._access(command)

    def _access(self, command: bytes) -> list[bytes]:
        head, rest = command[:1], command[1:]
        if head == b"m":
            address, length = (int(n, 16) for n in rest.split(b","))
            return [self.load(address, length).hex().encode()]
        if head == b"M":
            place, _, data = rest.partition(b":")
            address, length = (int(n, 16) for n in place.split(b","))
            assert len(data) == 2 * length
            self.store(address, bytes.fromhex(data.decode()))
            return [b"OK"]
        if head == b"p":
            return [self.registers[int(rest, 16)].to_bytes(4, "little").hex().encode()]
        if head == b"P":
            number, _, data = rest.partition(b"=")
            self.registers[int(number, 16)] = int.from_bytes(bytes.fromhex(data.decode()), "little")
            return [b"OK"]
        if head in b"Zz":
            address = int(rest.split(b",")[1], 16)
            (self.breakpoints.add if head == b"Z" else self.breakpoints.discard)(address)
            return [b"OK"]
        if head == b"c":
            self.running = not self.halted_for_good
            return []
        if head == b"s":
            return [b"S05"]
        return [b""]

    def _monitor(self, command: str) -> list[bytes]:
        self.console.append(command)
        if command in self.refuses:
            said = f"There was an error executing command '{command}'\nNo machine selected\n"
        elif command == "version":
            said = "Renode v1.16.1.17033\nbuild: d66b0c2a-202602160933\n"
        elif command == "machine Reset":
            said = self._reset()
        elif command == "start":
            return self._start()
        elif command == "pause":
            said, self.started = "Pausing emulation...\n", False
        else:
            said = f"No such command or device: {command}\n"
        output = [b"O" + said.encode().hex().upper().encode()] if said else []
        return [*output, b"OK"]

    def _reset(self) -> str:
        self.registers = dict.fromkeys(self.registers, 0)
        if self.started:
            self._take_vectors()
        return ""

    def _start(self) -> list[bytes]:
        first, self.started = not self.started, True
        if first and self.register("pc") == 0:
            self._take_vectors()
        output = b"O" + b"Starting emulation...\n".hex().upper().encode()
        stop = [b"S05"] if first else []
        return [output, b"OK", *stop] if self.late_stops else [*stop, output, b"OK"]

    def _take_vectors(self) -> None:
        table = int.from_bytes(self.load(VTOR, 4), "little")
        stack, entry = (int.from_bytes(self.load(table + n, 4), "little") for n in (0, 4))
        self.halted_for_good = stack == entry == 0
        self.registers[_NUMBERS["sp"]] = stack
        self.registers[_NUMBERS["pc"]] = entry & ~1
        self.registers[_NUMBERS["xpsr"]] = 1 << 24


@contextmanager
def serving_renode(machine: RenodeGdb) -> Iterator[tuple[str, int]]:
    """Serve one debugger after the other; yields the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, machine), daemon=True)
        thread.start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(listener: socket.socket, machine: RenodeGdb) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, contextlib.suppress(ConnectionError):
                _talk(client, machine)
            machine.disconnected()


def _talk(client: socket.socket, machine: RenodeGdb) -> None:
    client.sendall(b"".join(map(frame, machine.connected())))
    pending = b""
    while data := client.recv(65536):
        pending += data
        while pending:
            if pending[:1] == b"\x03":
                pending = pending[1:]
                client.sendall(b"".join(map(frame, machine.interrupt())))
            elif pending[:1] == b"$":
                end = pending.find(b"#")
                if end < 0 or len(pending) < end + 3:
                    break
                command, pending = pending[1:end], pending[end + 3 :]
                client.sendall(b"+" + b"".join(map(frame, machine.answer(command))))
            else:
                pending = pending[1:]
