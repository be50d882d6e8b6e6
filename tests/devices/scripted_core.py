"""A core without a processor: registers and memory in dictionaries, stops on command."""

from __future__ import annotations

from harness.probe.backend import StopCause, Traits, Watch
from harness.probe.faults import AccessRefused


class ScriptedCore:
    """Does what a Backend must, and notes the order of what it was asked."""

    traits = Traits("scripted", cycle_counter=False)

    def __init__(self, *, running: bool = False, unmapped: range = range(0)) -> None:
        self.running = running
        self.locked_up = False
        self.stops: list[StopCause] = []
        self.calls: list[str] = []
        self.registers: dict[str, int] = {}
        self.memory: dict[int, int] = {}
        self.breakpoints: set[int] = set()
        self.watchpoints: set[tuple[Watch, int, int]] = set()
        self._unmapped = unmapped

    def poll(self) -> StopCause | None:
        if not self.running or not self.stops:
            return None
        self.running = False
        return self.stops.pop()

    def halt(self) -> StopCause:
        self.calls.append("halt")
        cause = self.poll() or StopCause.REQUEST
        self.running = False
        self.locked_up = False
        return cause

    def resume(self) -> None:
        self.calls.append("resume")
        self.running = not self.locked_up

    def step(self) -> None:
        self.calls.append("step")
        self.registers["pc"] = self.registers.get("pc", 0) + 2

    def reset(self) -> None:
        self.calls.append("reset")
        self.running = False

    def read_register(self, name: str) -> int:
        return self.registers.get(name, 0)

    def write_register(self, name: str, value: int) -> None:
        self.registers[name] = value

    def read_memory(self, address: int, length: int) -> bytes:
        self._require_mapped(address, length)
        self.calls.append(f"read {address:#x}+{length}")
        return bytes(self.memory.get(address + n, 0) for n in range(length))

    def write_memory(self, address: int, data: bytes) -> None:
        self._require_mapped(address, len(data))
        self.calls.append(f"write {address:#x}+{len(data)}")
        self.memory.update({address + n: byte for n, byte in enumerate(data)})

    def set_breakpoint(self, address: int, *, present: bool) -> None:
        (self.breakpoints.add if present else self.breakpoints.remove)(address)

    def set_watchpoint(self, kind: Watch, address: int, length: int, *, present: bool) -> None:
        (self.watchpoints.add if present else self.watchpoints.remove)((kind, address, length))

    def close(self) -> None:
        self.calls.append("close")

    def _require_mapped(self, address: int, length: int) -> None:
        if address in self._unmapped:
            raise AccessRefused(address, length, "E14")
