"""pyOCD debugs QEMU's boards through the `gdb:` probe as it debugs hardware."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from devices.mps2_firmware import (
    BOARDS,
    COUNTING,
    ECHO,
    PLACES,
    Place,
    assemble,
    needs_assembler,
    needs_qemu,
    target,
)
from pyocd.core.session import Session
from pyocd.core.target import Target
from pyocd.probe.aggregator import DebugProbeAggregator

from harness.domain.coordinates import Coordinates
from harness.machine import start_machine
from harness.probe.programmer import open_board

pytestmark = [needs_qemu, needs_assembler]

RESET_HANDLER, LOOP = 0x102, 0x106  # from the start of the code
TRUSTZONE = ("Cortex-M33", "Cortex-M55")
DEADLINE_S = 10.0


@pytest.fixture(scope="module", params=BOARDS)
def name(request: pytest.FixtureRequest) -> str:
    """Each board in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def place(name: str) -> Place:
    return PLACES[name]


@pytest.fixture(scope="module")
def counting(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble(COUNTING, tmp_path_factory.mktemp("counting"), board=name)


@pytest.fixture(scope="module")
def at(
    name: str, counting: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Coordinates]:
    with start_machine(target(name), tmp_path_factory.mktemp(name)) as machine:
        with open_board(machine.probe_uid, "cortex_m", leave_running=False) as board:
            board.program(counting)
        yield machine


def opened(at: Coordinates, **options: object) -> Session:
    probe = DebugProbeAggregator.get_probe_with_id(at.probe_uid)
    assert probe is not None
    quiet = {"no_config": True, "reset.post_delay": 0.0, "rtos.enable": False}
    return Session(probe, options=quiet | options)


@pytest.fixture
def core(at: Coordinates) -> Iterator[Target]:
    with opened(at) as session:
        session.target.reset_and_halt()
        yield session.target


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline


def halted(core: Target) -> Callable[[], bool]:
    return lambda: core.get_state() is Target.State.HALTED


def test_pyocd_sees_the_boards_own_core(core: Target, name: str, place: Place) -> None:
    assert core.cores[0].name == place.core
    assert core.cores[0].has_fpu == (place.core != "Cortex-M3")
    version = {"Cortex-M33": (8, 0), "Cortex-M55": (8, 1)}.get(place.core, (7, 0))
    assert core.cores[0].architecture_version == version
    names = {extension.name for extension in core.cores[0].extensions}
    assert ("MVE" in names) == (place.core == "Cortex-M55")
    assert ("SEC" in names) == (version[0] == 8)


def test_a_core_with_trustzone_is_debugged_in_secure_state(core: Target, place: Place) -> None:
    secure = core.get_security_state() is Target.SecurityState.SECURE
    assert secure == (place.core in TRUSTZONE)


def test_reset_loads_pc_and_sp_from_the_vector_table(core: Target, place: Place) -> None:
    assert core.read_core_register("pc") == place.code + RESET_HANDLER
    assert core.read_core_register("sp") == place.stack_top
    assert core.read_core_register("xpsr") & 1 << 24


def test_there_is_no_vectreset_on_armv8m(core: Target, place: Place) -> None:
    core.write_core_register("pc", place.code + LOOP)
    core.reset_and_halt(Target.ResetType.CORE)
    moved = core.read_core_register("pc") == place.code + RESET_HANDLER
    assert moved == (place.core not in TRUSTZONE)
    core.reset_and_halt()


@pytest.mark.parametrize("kind", ["SYSTEM", "HARDWARE", "EMULATED"])
def test_every_reset_type_halts_at_the_reset_handler(core: Target, place: Place, kind: str) -> None:
    core.write_core_register("pc", place.code + LOOP)
    core.write_core_register("sp", place.ram + 0x800)
    core.reset_and_halt(Target.ResetType[kind])
    assert core.get_state() is Target.State.HALTED
    assert core.read_core_register("pc") == place.code + RESET_HANDLER
    assert core.read_core_register("sp") == place.stack_top


@pytest.mark.parametrize("mode", ["halt", "attach", "pre-reset", "under-reset"])
def test_connect_modes(at: Coordinates, place: Place, mode: str) -> None:
    with opened(at) as session:
        session.target.reset()
    with opened(at, connect_mode=mode, resume_on_disconnect=False) as session:
        state = session.target.get_state()
        if mode == "attach":
            assert state is Target.State.RUNNING
            before = session.target.read32(place.counter)
            wait_until(lambda: session.target.read32(place.counter) != before)
            session.target.halt()
        else:
            assert state is Target.State.HALTED
        if mode == "under-reset":
            assert session.target.read_core_register("pc") == place.code + RESET_HANDLER


def test_a_core_left_halted_is_found_halted_and_one_left_running_runs(
    at: Coordinates, place: Place
) -> None:
    with opened(at, resume_on_disconnect=False) as session:
        session.target.reset_and_halt()
    with opened(at, connect_mode="attach") as session:
        assert session.target.get_state() is Target.State.HALTED
        assert session.target.read_core_register("pc") == place.code + RESET_HANDLER
        session.target.write32(place.counter, 0)
    with opened(at, connect_mode="attach") as session:
        assert session.target.get_state() is Target.State.RUNNING
        wait_until(lambda: session.target.read32(place.counter) != 0)


def test_step(core: Target, place: Place) -> None:
    places = []
    for _ in range(5):
        core.step()
        places.append(core.read_core_register("pc") - place.code)
    # ldr; movs; adds; str; b back to adds
    assert places == [0x104, 0x106, 0x108, 0x10A, 0x106]


@pytest.mark.parametrize("kind", ["HW", "SW"])
def test_breakpoints(core: Target, place: Place, kind: str) -> None:
    loop = place.code + LOOP
    code = core.read_memory_block8(loop, 4)
    assert core.set_breakpoint(loop, Target.BreakpointType[kind])
    for turn in range(3):
        core.resume()
        wait_until(halted(core))
        assert core.read_core_register("pc") == loop
        assert core.get_halt_reason() is Target.HaltReason.BREAKPOINT
        assert core.read_core_register("r1") == turn
        assert core.read_memory_block8(loop, 4) == code
        core.remove_breakpoint(loop)
        core.step()
        core.set_breakpoint(loop, Target.BreakpointType[kind])
    core.remove_breakpoint(loop)
    core.resume()
    assert core.get_state() is Target.State.RUNNING
    assert core.read_memory_block8(loop, 4) == code


def test_a_breakpoint_does_not_outlive_the_code_it_was_planted_in(
    core: Target, place: Place
) -> None:
    code = core.read_memory_block8(place.code + 0x100, 16)
    core.write16(place.code + LOOP, 0xBE00)
    core.write_memory_block8(place.code + 0x100, code)
    core.resume()
    wait_until(lambda: core.read32(place.counter) > 100)
    assert core.get_state() is Target.State.RUNNING


@pytest.mark.parametrize(("kind", "hits"), [("WRITE", True), ("READ_WRITE", True), ("READ", False)])
def test_watchpoints(core: Target, place: Place, kind: str, hits: bool) -> None:
    core.write32(place.counter, 0)
    assert core.set_watchpoint(place.counter, 4, Target.WatchpointType[kind])
    core.resume()
    if hits:
        wait_until(halted(core))
        assert core.get_halt_reason() is Target.HaltReason.WATCHPOINT
        core.remove_watchpoint(place.counter, 4, Target.WatchpointType[kind])
    else:
        wait_until(lambda: core.read32(place.counter) > 100)
        assert core.get_state() is Target.State.RUNNING


@pytest.mark.parametrize(
    ("register", "value"),
    [
        *(("r0", 0xDEADBEEF), ("r12", 1), ("lr", 0x101), ("psp", 0x400)),
        *(("msp", 0x800), ("primask", 1), ("basepri", 0x20), ("faultmask", 1)),
        ("control", 2),
    ],
)
def test_core_registers_keep_what_is_written(
    core: Target, place: Place, register: str, value: int
) -> None:
    pc, code = core.read_core_register("pc"), core.read_memory_block8(place.code + 0x100, 16)
    if register in ("psp", "msp"):
        value += place.ram
    core.write_core_register(register, value)
    assert core.read_core_register(register) == value
    assert core.read_core_register("pc") == pc
    assert core.read_memory_block8(place.code + 0x100, 16) == code


@pytest.mark.parametrize(
    ("register", "value"),
    [
        *(("psp_ns", 0x2000_0400), ("msplim_s", 0x2000_0000), ("psplim_ns", 0x2000_0000)),
        *(("primask_ns", 1), ("control_s", 2)),
    ],
)
def test_banked_registers_keep_what_is_written(
    core: Target, place: Place, register: str, value: int
) -> None:
    if register not in core.cores[0].core_registers.by_name:
        assert place.core not in TRUSTZONE
        return
    pc = core.read_core_register("pc")
    for written in (value, 0):
        core.write_core_register(register, written)
        assert core.read_core_register(register) == written
    assert core.read_core_register("pc") == pc


def test_float_registers_are_halves_of_the_doubles(core: Target) -> None:
    if not core.cores[0].has_fpu:
        with pytest.raises(KeyError):
            core.read_core_register("s2")
        return
    core.write_core_register("s2", 1.5)
    core.write_core_register("s3", -2.0)
    assert core.read_core_register_raw("d1") == 0xC000_0000_3FC0_0000
    assert core.read_core_register("s2") == 1.5
    core.write_core_register("fpscr", 0x0300_0000)
    assert core.read_core_register("fpscr") == 0x0300_0000


def test_peripherals_can_be_written(core: Target, place: Place) -> None:
    baud_divider = place.uart + 0x10
    core.write32(baud_divider, 77)
    assert core.read32(baud_divider) == 77
    assert core.read_core_register("pc") == place.code + RESET_HANDLER


def test_debugger_accesses_of_a_running_core_lose_nothing(core: Target, place: Place) -> None:
    core.write32(place.counter, 0)
    core.resume()
    seen = [core.read32(place.counter) for _ in range(200)]
    assert seen == sorted(seen)
    core.halt()
    assert core.read32(place.counter) in (
        core.read_core_register("r1"),
        core.read_core_register("r1") - 1,
    )


def test_stepping_onto_a_sleep_ends(
    at: Coordinates, name: str, tmp_path: Path, counting: Path
) -> None:
    with open_board(at.probe_uid, "cortex_m", leave_running=False) as board:
        board.program(assemble(ECHO, tmp_path, board=name))
    try:
        with opened(at) as session:
            session.target.reset_and_halt()
            start = time.monotonic()
            for _ in range(10):
                session.target.step()
            assert time.monotonic() - start < DEADLINE_S
            assert session.target.get_state() is Target.State.HALTED
    finally:
        with open_board(at.probe_uid, "cortex_m", leave_running=False) as board:
            board.program(counting)
