"""Debug registers of the core, as the ARMv7-M manual describes them."""

import pytest
from devices.scripted_core import ScriptedCore

from harness.probe.backend import StopCause, Watch
from harness.probe.bus import Bus
from harness.probe.core_debug import AIRCR, DCRDR, DCRSR, DEMCR, DFSR, DHCSR

KEY = 0xA05F_0000
DEBUGEN, HALT, STEP = 1, 2, 4
S_REGRDY, S_HALT, S_LOCKUP, S_RESET = 1 << 16, 1 << 17, 1 << 19, 1 << 25


def running() -> tuple[ScriptedCore, Bus]:
    core = ScriptedCore(running=True)
    bus = Bus(core)
    bus.write_word(DHCSR, KEY | DEBUGEN)
    return core, bus


def halted() -> tuple[ScriptedCore, Bus]:
    core, bus = running()
    bus.write_word(DHCSR, KEY | DEBUGEN | HALT)
    return core, bus


def test_a_write_without_the_key_does_nothing() -> None:
    core, bus = running()
    bus.write_word(DHCSR, 0xA05E_0000 | DEBUGEN | HALT)
    assert core.running


def test_halt_and_run() -> None:
    core, bus = halted()
    assert not core.running
    assert bus.read_word(DHCSR) == S_REGRDY | S_HALT | DEBUGEN | HALT
    assert bus.read_word(DFSR) == 1  # HALTED
    bus.write_word(DHCSR, KEY | DEBUGEN)
    assert core.running
    assert not bus.read_word(DHCSR) & (S_HALT | HALT)


def test_a_core_that_was_stopped_before_the_debugger_came_stays_stopped() -> None:
    core = ScriptedCore()
    bus = Bus(core)
    controls = bus.read_word(DHCSR) & 0xFFFF
    bus.write_word(DHCSR, KEY | controls | DEBUGEN)
    assert "resume" not in core.calls
    assert bus.read_word(DHCSR) & S_HALT


def test_disabling_debug_lets_the_core_run() -> None:
    core, bus = halted()
    bus.write_word(DHCSR, KEY)
    assert core.running


@pytest.mark.parametrize(
    ("cause", "bit"), [(StopCause.BREAKPOINT, 1 << 1), (StopCause.WATCHPOINT, 1 << 2)]
)
def test_a_stop_by_itself_sets_c_halt_and_its_cause(cause: StopCause, bit: int) -> None:
    core, bus = running()
    core.stops.append(cause)
    assert bus.read_word(DHCSR) & (S_HALT | HALT) == S_HALT | HALT
    assert bus.read_word(DFSR) == bit
    bus.write_word(DFSR, bit)
    assert bus.read_word(DFSR) == 0


def test_a_breakpoint_that_came_before_the_halt_request_is_the_cause() -> None:
    core, bus = running()
    core.stops.append(StopCause.BREAKPOINT)
    bus.write_word(DHCSR, KEY | DEBUGEN | HALT)
    assert bus.read_word(DFSR) == 1 << 1


def test_step_runs_one_instruction_and_halts() -> None:
    core, bus = halted()
    core.registers["pc"] = 0x100
    bus.write_word(DHCSR, KEY | DEBUGEN | STEP)
    assert core.calls.count("step") == 1
    assert core.registers["pc"] == 0x102
    assert bus.read_word(DHCSR) & (S_HALT | HALT) == S_HALT | HALT


@pytest.mark.parametrize(
    ("selector", "name"),
    [
        *((0, "r0"), (12, "r12"), (13, "sp"), (14, "lr"), (15, "pc"), (16, "xpsr"), (17, "msp")),
        *((18, "psp"), (33, "fpscr"), (64, "s0"), (95, "s31")),
    ],
)
def test_core_registers_pass_through_dcrdr(selector: int, name: str) -> None:
    core, bus = halted()
    bus.write_word(DCRDR, 0x12345678)
    bus.write_word(DCRSR, 1 << 16 | selector)
    assert core.registers == {name: 0x12345678}
    core.registers[name] = 0x9ABCDEF0
    bus.write_word(DCRSR, selector)
    assert bus.read_word(DCRDR) == 0x9ABCDEF0


def test_the_packed_register_holds_control_faultmask_basepri_primask() -> None:
    core, bus = halted()
    bus.write_word(DCRDR, 0x0301_2001)
    bus.write_word(DCRSR, 1 << 16 | 20)
    assert core.registers == {"control": 3, "faultmask": 1, "basepri": 0x20, "primask": 1}
    bus.write_word(DCRDR, 0)
    bus.write_word(DCRSR, 20)
    assert bus.read_word(DCRDR) == 0x0301_2001


def test_a_running_core_gives_no_registers() -> None:
    core, bus = running()
    core.registers["r0"] = 5
    bus.write_word(DCRSR, 0)
    assert bus.read_word(DCRDR) == 0


def test_reset_runs_and_is_told_once() -> None:
    core, bus = halted()
    bus.write_word(AIRCR, 0x05FA_0004)
    assert core.calls[-2:] == ["reset", "resume"]
    assert bus.read_word(DHCSR) & S_RESET
    assert not bus.read_word(DHCSR) & S_RESET


def test_reset_without_its_key_is_none() -> None:
    core, bus = halted()
    bus.write_word(AIRCR, 0x05FB_0004)
    assert "reset" not in core.calls


def test_vector_catch_halts_before_the_first_instruction() -> None:
    core, bus = halted()
    bus.write_word(DFSR, 0x1F)
    bus.write_word(DEMCR, 1)
    bus.write_word(AIRCR, 0x05FA_0004)
    assert not core.running
    assert core.calls[-1] == "reset"
    assert bus.read_word(DHCSR) & (S_HALT | HALT) == S_HALT | HALT
    assert bus.read_word(DFSR) == 8


def test_a_core_held_in_reset_takes_its_catch_on_release() -> None:
    core = ScriptedCore(running=True)
    bus = Bus(core)
    bus.debug.hold_in_reset()
    bus.write_word(DHCSR, KEY | DEBUGEN)
    bus.write_word(DEMCR, 1)
    assert bus.read_word(DHCSR) & S_RESET
    assert "resume" not in core.calls
    bus.debug.release_from_reset()
    assert bus.read_word(DHCSR) & S_HALT
    assert "resume" not in core.calls


def test_lockup_is_shown_and_ends_with_a_halt() -> None:
    core, bus = halted()
    core.locked_up = True
    assert bus.read_word(DHCSR) & S_LOCKUP
    assert not bus.read_word(DHCSR) & S_HALT
    bus.write_word(DHCSR, KEY | DEBUGEN | HALT)
    assert bus.read_word(DHCSR) & S_HALT


def test_breakpoints_are_set_while_the_unit_is_enabled() -> None:
    core, bus = halted()
    assert bus.read_word(0xE000_2000) == 0x1000_0080  # revision 2, eight comparators
    bus.write_word(0xE000_2008, 0x2000_0101)
    assert core.breakpoints == set()
    bus.write_word(0xE000_2000, 3)
    assert core.breakpoints == {0x2000_0100}
    bus.write_word(0xE000_2008, 0)
    assert core.breakpoints == set()


@pytest.mark.parametrize(
    ("function", "kind"), [(5, Watch.READ), (6, Watch.WRITE), (7, Watch.ACCESS)]
)
def test_watchpoints(function: int, kind: Watch) -> None:
    core, bus = halted()
    bus.write_word(0xE000_1024, 2)
    assert bus.read_word(0xE000_1024) == 2
    bus.write_word(0xE000_1020, 0x2000_0010)
    bus.write_word(0xE000_1028, function)
    assert core.watchpoints == {(kind, 0x2000_0010, 4)}
    bus.write_word(0xE000_1028, 0)
    assert core.watchpoints == set()


def test_a_machine_without_cycle_counter_says_so() -> None:
    _, bus = halted()
    assert bus.read_word(0xE000_1000) == 4 << 28 | 1 << 25


def test_other_registers_of_the_core_are_its_own() -> None:
    core, bus = halted()
    core.memory.update(enumerate(b"\x72\xc2\x1f\x41", 0xE000_ED00))
    assert bus.read(0xE000_ED00, 4) == b"\x72\xc2\x1f\x41"
    bus.write(0xE000_ED08, b"\0\1\0\0")
    assert core.memory[0xE000_ED09] == 1
    bus.write(0xE000_E400, b"\x40")
    assert core.memory[0xE000_E400] == 0x40
