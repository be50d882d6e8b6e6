"""A virtual STM32H743 that falls asleep misses nothing that came just before."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

from devices.h743_firmware import FLASH, RESULT, VECTORS, assemble, image
from devices.mps2_firmware import needs_assembler
from devices.virtual_board import needs_unicorn

from harness.machine.virtual_h743.chip import Chip
from harness.machine.virtual_h743.core import Halt, State
from harness.machine.virtual_h743.link import Link
from harness.machine.virtual_h743.nvic import FIRST_INTERRUPT
from harness.machine.virtual_h743.server import Server

pytestmark = [needs_assembler, needs_unicorn]

DEADLINE_S = 20.0
USART3 = FIRST_INTERRUPT + 39

# Counts the interrupts of USART3 at RESULT, and sleeps.
COUNTS_BYTES = (
    VECTORS
    + """
    ldr r0, =0xE000E104
    movs r1, #0x80
    str r1, [r0]
1:  wfi
    b 1b
    .thumb_func
usart3:
    ldr r0, =RESULT
    ldr r1, [r0]
    adds r1, r1, #1
    str r1, [r0]
    bx lr
"""
)


class Narrow(Chip):
    """Hears of the first sleep with each number of interrupts taken, before anybody else does."""

    def __init__(self) -> None:
        super().__init__(send=lambda byte: None)
        self.at_sleep: dict[int, object] = {}

    def taken(self) -> int:
        return int.from_bytes(self.read(RESULT, 4), "little")

    def advance(self) -> Halt | None:
        halt = super().advance()
        act = self.at_sleep.pop(self.taken(), None) if self.core.state is State.SLEEPING else None
        if callable(act):
            act()
        return halt


def test_a_byte_that_comes_as_the_core_falls_asleep_wakes_it(tmp_path: Path) -> None:
    """It was noticed with the next byte only: a frame of the host's that had to be repeated."""
    chip = Narrow()
    chip.engine.store(FLASH, image(assemble(COUNTS_BYTES, tmp_path)))
    chip.reset()
    chip.core.resume()
    ours, theirs = socket.socketpair()
    gdb, line = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    server = Server(
        chip, Link(lambda data: chip.nvic.pending.add(USART3)), gdb, line, clock_hz=480_000_000
    )
    server.end_with(theirs)
    serving = threading.Thread(target=server.serve, daemon=True)
    with ours, theirs, gdb, line, socket.create_connection(line.getsockname()) as client:
        chip.at_sleep = {1: lambda: client.sendall(b"x"), 2: ours.close}
        serving.start()
        client.sendall(b"x")
        serving.join(DEADLINE_S)
        assert not serving.is_alive(), f"asleep with {chip.taken()} of 2 interrupts taken"
    assert chip.taken() == 2
