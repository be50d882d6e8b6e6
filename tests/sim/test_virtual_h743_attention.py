"""A virtual STM32H743 that computes hears of its sockets, and computes the same with them."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest
from devices.h743_firmware import FLASH, VECTORS, assemble, image
from devices.mps2_firmware import needs_assembler
from devices.virtual_board import needs_unicorn

from harness.machine.virtual_h743.chip import Chip
from harness.machine.virtual_h743.core import State
from harness.machine.virtual_h743.link import Link
from harness.machine.virtual_h743.server import Server

pytestmark = [needs_assembler, needs_unicorn]

HFSR, DEBUGEVT = 0xE000_ED2C, 1 << 31
TURNS = 40_000
# The start, two to set up, three for each turn, one to sleep.
EXECUTED = 5 + 2 + 3 * TURNS + 1
COUNTS = (
    VECTORS
    + f"""
    movs r1, #0
    movw r2, #{TURNS}
1:  adds r1, r1, #1
    cmp r1, r2
    bne 1b
    wfi
"""
)


@pytest.fixture
def chip(tmp_path: Path) -> Chip:
    """A chip that is about to count to `TURNS` and to sleep then."""
    chip = Chip(send=lambda byte: None, cache_dir=tmp_path)
    assert chip.no_counter == ""
    chip.engine.store(FLASH, image(assemble(COUNTS, tmp_path)))
    chip.reset()
    chip.core.resume()
    return chip


def runs_until_asleep(chip: Chip) -> int:
    """How often the core had to be told to go on."""
    runs = 0
    while chip.core.state is not State.SLEEPING:
        assert chip.advance() is None
        runs += 1
        assert runs < TURNS, "it does not get on"
    return runs


def test_a_socket_that_is_silent_does_not_stop_it(chip: Chip) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert chip.engine.counter is not None
        chip.engine.counter.watch(theirs.fileno())
        assert runs_until_asleep(chip) == 1
    assert chip.engine.instructions() == EXECUTED


def test_a_socket_with_a_byte_stops_it_again_and_again_and_changes_no_count(chip: Chip) -> None:
    """Until somebody reads the byte; each time within some thousand blocks."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"x")
        assert chip.engine.counter is not None
        chip.engine.counter.watch(theirs.fileno())
        assert runs_until_asleep(chip) > TURNS // 5000
    assert chip.engine.instructions() == EXECUTED


def test_no_thread_waits_for_bytes_beside_a_core_that_counts(chip: Chip) -> None:
    """It took turns with the callbacks for the interpreter, and a transfer three times as long."""
    before = threading.active_count()
    gdb, line = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    with gdb, line:
        Server(chip, Link(lambda data: None), gdb, line, clock_hz=480_000_000)
        assert threading.active_count() == before


def test_a_debugger_that_has_detached_halts_nothing_any_more(tmp_path: Path) -> None:
    """A flash algorithm that it left behind ends in BKPT: without a debugger that is a fault."""
    chip = Chip(send=lambda byte: None, cache_dir=tmp_path)
    chip.engine.store(FLASH, image(assemble(VECTORS + "bkpt #0", tmp_path)))
    chip.reset()
    gdb, line = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    ours, theirs = socket.socketpair()
    with gdb, line, ours, theirs:
        server = Server(chip, Link(lambda data: None), gdb, line, clock_hz=480_000_000)
        server.end_with(theirs)
        serving = threading.Thread(target=server.serve, daemon=True)
        serving.start()
        with socket.create_connection(gdb.getsockname(), 10) as debugger:
            debugger.sendall(b"$D#44")
            late = time.monotonic() + 10
            while chip.core.state is State.HALTED and time.monotonic() < late:
                pass
            ours.shutdown(socket.SHUT_RDWR)
            serving.join(10)
    assert chip.core.state is State.RUNNING, "in the handler of its fault"
    assert int.from_bytes(chip.read(HFSR, 4), "little") == DEBUGEVT
