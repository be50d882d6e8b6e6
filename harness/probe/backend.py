"""What the emulated debug hardware asks of the machine behind it, whatever that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


class StopCause(Enum):
    """Why a running core stopped."""

    REQUEST = auto()
    BREAKPOINT = auto()
    WATCHPOINT = auto()


class Watch(Enum):
    """Which accesses a watchpoint catches; the value is the RSP packet `Z<n>` that sets it."""

    WRITE = 2
    READ = 3
    ACCESS = 4


@dataclass(frozen=True)
class Traits:
    """How a machine differs from an ordinary board.

    `cycle_counter` tells whether the machine implements DWT_CYCCNT.
    """

    name: str
    cycle_counter: bool


class Backend(Protocol):
    """A core that can be halted and inspected.

    Every method may raise `ServerGone` or `ServerSilent`; memory and register accesses raise
    `AccessRefused` where the machine reports an error. Accesses are allowed while the core runs.
    """

    @property
    def traits(self) -> Traits:
        """How the machine differs from an ordinary board."""

    @property
    def running(self) -> bool:
        """Whether the core ran when this was last looked at."""

    @property
    def locked_up(self) -> bool:
        """Whether the last attempt to run would have ended in lockup."""

    def poll(self) -> StopCause | None:
        """Look, without waiting, whether a running core has stopped by itself, and why."""

    def halt(self) -> StopCause:
        """Stop a core that runs or is locked up; a cause that is not REQUEST came first."""

    def resume(self) -> None:
        """Let a halted core run."""

    def step(self) -> None:
        """Run one instruction of a halted core, interrupts masked."""

    def reset(self) -> None:
        """Reset the system; the core is halted before its first instruction."""

    def read_register(self, name: str) -> int:
        """Read a core register by its lower-case name (`r0`, `sp`, `xpsr`, `psp`, `s0`)."""

    def write_register(self, name: str, value: int) -> None:
        """Write a core register."""

    def read_memory(self, address: int, length: int) -> bytes:
        """Read `length` bytes."""

    def write_memory(self, address: int, data: bytes) -> None:
        """Write bytes."""

    def set_breakpoint(self, address: int, *, present: bool) -> None:
        """Set or clear a hardware breakpoint."""

    def set_watchpoint(self, kind: Watch, address: int, length: int, *, present: bool) -> None:
        """Set or clear a watchpoint on `length` bytes."""

    def close(self) -> None:
        """End the connection; a running core keeps running, a halted one stays halted."""
