"""pyOCD controls the virtual STM32H743 as it does silicon, and leaves what it runs undisturbed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from devices.h743_firmware import FLASH, RESULT, VECTORS, assemble, target
from devices.mps2_firmware import needs_assembler
from devices.virtual_board import needs_unicorn
from pyocd.core.session import Session
from pyocd.core.target import Target
from pyocd.probe.aggregator import DebugProbeAggregator

from harness.domain.coordinates import Coordinates
from harness.machine import start_machine
from harness.probe.programmer import open_board

pytestmark = [needs_assembler, needs_unicorn]

PYOCD = "stm32h743xx"
DEADLINE_S = 20.0
TURNS = 20_000_000
ENOUGH_HALTS = 10
FACTOR, SUMMAND = 1664525, 1013904223

# Steps r4 through TURNS numbers, r5 counting turns; then stores r4 at RESULT and counts there on.
WORK = (
    VECTORS
    + f"""
    movs r4, #1
    movs r5, #0
    ldr r7, ={TURNS}
    ldr r8, ={FACTOR}
    ldr r9, ={SUMMAND}
    ldr r6, =RESULT
    movs r3, #0
    str r3, [r6, #4]
turn:
    mla r4, r4, r8, r9
    adds r5, r5, #1
    cmp r5, r7
    bne turn
    str r4, [r6]
count:
    adds r3, r3, #1
    str r3, [r6, #4]
    b count
"""
)
COUNT = RESULT + 4
SCRATCH = RESULT + 0x1000
LOOP = bytes.fromhex("0131fde7")  # adds r1, #1; b to it


def expected() -> int:
    """What the recurrence gives after TURNS turns, by squaring."""
    factor, summand, value, turns = FACTOR, SUMMAND, 1, TURNS
    while turns:
        if turns & 1:
            value = (value * factor + summand) % 2**32
        factor, summand, turns = factor * factor % 2**32, (factor + 1) * summand % 2**32, turns // 2
    return value


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coordinates]:
    folder = tmp_path_factory.mktemp("work")
    with start_machine(target(), folder) as machine:
        with open_board(machine.probe_uid, PYOCD, leave_running=False) as board:
            board.program(assemble(WORK, folder))
        yield machine


@pytest.fixture
def core(at: Coordinates) -> Iterator[Target]:
    probe = DebugProbeAggregator.get_probe_with_id(at.probe_uid)
    options = {
        "no_config": True,
        "reset.post_delay": 0.0,
        "rtos.enable": False,
        "target_override": PYOCD,
        "resume_on_disconnect": False,
    }
    with Session(probe, options=options) as session:
        session.target.reset_and_halt()
        for address in (RESULT, COUNT):
            session.target.write32(address, 0)
        yield session.target


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline


def halted(core: Target) -> bool:
    return core.get_state() is Target.State.HALTED


def turn_of(core: Target) -> int:
    """Where the loop begins: its first instruction is the only MLA of the program."""
    code = bytes(core.read_memory_block8(FLASH + 0x400, 256))
    return FLASH + 0x400 + code.index(bytes.fromhex("04fb0894"))


def test_a_reset_loads_pc_and_sp_from_the_vector_table(core: Target) -> None:
    stack, start = core.read_memory_block32(FLASH, 2)
    assert (core.read_core_register("sp"), core.read_core_register("pc")) == (stack, start - 1)


def test_steps_follow_the_program(core: Target) -> None:
    turn = turn_of(core)
    core.write_core_register("pc", turn)
    for register, value in (("r4", 1), ("r5", 0), ("r7", 2), ("r8", FACTOR), ("r9", SUMMAND)):
        core.write_core_register(register, value)
    places = []
    for _ in range(8):
        core.step()
        places.append(core.read_core_register("pc") - turn)
    # mla 4 bytes, adds, cmp, bne back; the second time it falls through.
    assert places == [4, 6, 8, 0, 4, 6, 8, 10]
    assert core.read_core_register("r4") == (FACTOR + SUMMAND) * FACTOR % 2**32 + SUMMAND


def test_a_hardware_breakpoint_in_flash(core: Target) -> None:
    turn = turn_of(core)
    assert core.set_breakpoint(turn, Target.BreakpointType.HW)
    for done in range(3):
        core.resume()
        wait_until(lambda: halted(core))
        assert core.get_halt_reason() is Target.HaltReason.BREAKPOINT
        assert core.read_core_register("pc") == turn
        assert core.read_core_register("r5") == done
    core.remove_breakpoint(turn)
    core.resume()
    assert core.get_state() is Target.State.RUNNING


def test_a_software_breakpoint_in_ram(core: Target) -> None:
    core.write_memory_block8(SCRATCH, LOOP)
    core.write_core_register("pc", SCRATCH)
    core.write_core_register("r1", 0)
    assert core.set_breakpoint(SCRATCH + 2, Target.BreakpointType.SW)
    for done in (1, 2, 3):
        core.resume()
        wait_until(lambda: halted(core))
        assert core.get_halt_reason() is Target.HaltReason.BREAKPOINT
        assert core.read_core_register("pc") == SCRATCH + 2
        assert core.read_core_register("r1") == done
        assert bytes(core.read_memory_block8(SCRATCH, 4)) == LOOP
    core.remove_breakpoint(SCRATCH + 2)
    core.resume()
    assert core.get_state() is Target.State.RUNNING


@pytest.mark.parametrize(("kind", "hits"), [("WRITE", True), ("READ_WRITE", True), ("READ", False)])
def test_watchpoints(core: Target, kind: str, hits: bool) -> None:
    core.write32(COUNT, 0)
    assert core.set_watchpoint(COUNT, 4, Target.WatchpointType[kind])
    # In the last turn: before the first one, start-up stores there too.
    core.write_core_register("pc", turn_of(core))
    for register, value in (("r5", TURNS - 1), ("r7", TURNS), ("r6", RESULT), ("r3", 0)):
        core.write_core_register(register, value)
    core.resume()
    if hits:
        wait_until(lambda: halted(core))
        assert core.get_halt_reason() is Target.HaltReason.WATCHPOINT
        assert core.read32(COUNT) == 1  # hardware halts behind the access
    else:
        wait_until(lambda: core.read32(COUNT) > 100)
        assert core.get_state() is Target.State.RUNNING
    core.remove_watchpoint(COUNT, 4, Target.WatchpointType[kind])


def test_a_storm_of_halts_and_steps_changes_no_result(core: Target) -> None:
    turns = [0]
    core.resume()
    while turns[-1] < TURNS:
        core.halt()
        core.step()
        turns.append(core.read_core_register("r5"))
        core.resume()
    assert turns == sorted(turns)
    assert len(set(turns)) > ENOUGH_HALTS
    wait_until(lambda: core.read32(COUNT) > 0)
    core.halt()
    assert core.read32(RESULT) == expected()


def test_accesses_to_a_core_that_runs_lose_nothing(core: Target) -> None:
    core.resume()
    wait_until(lambda: core.read32(COUNT) > 0)
    seen = [core.read32(COUNT) for _ in range(100)]
    assert seen == sorted(seen)
    core.halt()
    assert core.read_core_register("r3") - core.read32(COUNT) in (0, 1)
