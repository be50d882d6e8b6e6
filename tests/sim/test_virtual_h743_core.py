"""The core of the virtual STM32H743: exact counts, exceptions with floating point, faults."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from devices.h743_firmware import FLASH, RESULT, VECTORS, assemble, image
from devices.mps2_firmware import needs_assembler

from harness.machine.virtual_h743.chip import Chip
from harness.machine.virtual_h743.core import Halt, State

pytestmark = needs_assembler
DEADLINE_S = 30.0

CFSR, HFSR, BFAR = 0xE000_ED28, 0xE000_ED2C, 0xE000_ED38


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(params=["counter", "no counter"])
def boot(request: pytest.FixtureRequest, tmp_path: Path, cache: Path) -> Callable[[str], Chip]:
    """Return a chip that runs the assembler text, with and without instruction counter."""

    def start(source: str) -> Chip:
        chip = Chip(send=lambda byte: None, cache_dir=cache if request.param == "counter" else None)
        assert (chip.no_counter == "") == (request.param == "counter")
        chip.engine.store(FLASH, image(assemble(VECTORS + source, tmp_path)))
        chip.reset()
        chip.core.resume()
        return chip

    return start


def word(chip: Chip, address: int) -> int:
    return int.from_bytes(chip.read(address, 4), "little")


def run_until_asleep(chip: Chip) -> None:
    """Run up to a WFI that nothing ends: a timer that is not due is not waited for."""
    deadline = time.monotonic() + DEADLINE_S
    while chip.core.state is not State.SLEEPING:
        assert time.monotonic() < deadline
        assert chip.advance() is None, chip.core.state


COUNTED = """
    ldr r0, =0xE000EDFC
    mov r1, #0x01000000
    str r1, [r0]
    ldr r0, =0xE0001000
    ldr r1, =0xC5ACCE55
    str r1, [r0, #0xFB0]
    movs r1, #1
    str r1, [r0]
    ldr r6, =RESULT
    ldr r3, [r0, #4]            @ from here
    nop
    ldr r4, [r0, #4]            @ 2 later
    movs r2, #100
1:  subs r2, r2, #1             @ 100 times
    bne 1b                      @ 100 times
    add.w r7, r7, #0x12000000
    cmp r2, #0
    ittt ne
    addne r7, r7, #1            @ not executed, and fetched
    addne r7, r7, #1
    addne r7, r7, #1
    ldr r5, [r0, #4]            @ 1 + 1 + 200 + 2 + 1 + 3 + 1 after r4
    subs r4, r4, r3
    subs r5, r5, r3
    strd r4, r5, [r6]
2:  wfi
    b 2b
"""


def test_cyccnt_counts_instructions_one_by_one(tmp_path: Path, cache: Path) -> None:
    chip = Chip(send=lambda byte: None, cache_dir=cache)
    assert chip.no_counter == ""
    chip.engine.store(FLASH, image(assemble(VECTORS + COUNTED, tmp_path)))
    chip.reset()
    chip.core.resume()
    run_until_asleep(chip)
    first, second = struct.unpack("<II", chip.read(RESULT, 8))
    assert first == 2
    # movs, 100 x (subs, bne), add.w, cmp, ittt, 3 x add, and the load itself.
    assert second - first == 1 + 200 + 1 + 1 + 1 + 3 + 1


def test_without_a_counter_cyccnt_is_absent(tmp_path: Path) -> None:
    chip = Chip(send=lambda byte: None, cache_dir=None)
    assert chip.no_counter == "the instruction counter is switched off"
    assert word(chip, 0xE000_1000) >> 25 & 1  # DWT_CTRL.NOCYCCNT
    chip.engine.store(FLASH, image(assemble(VECTORS + COUNTED, tmp_path)))
    chip.reset()
    chip.core.resume()
    run_until_asleep(chip)
    assert chip.read(RESULT, 8) == bytes(8)


# 2,000 rounds of integer, single and double arithmetic and an IT block, with SysTick every 997
# ticks, whose handler spoils every register it may and uses a frame with floating point itself.
ROUNDS = 2_000
STRESS = f"""
    ldr r0, =0xE000E010
    ldr r1, =996
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #7
    str r1, [r0]
    mrs r1, control
    vmov.f32 s4, #1.0
    vmov.f32 s5, #1.0
    vsub.f32 s6, s4, s5
    vmov.f64 d4, #0.5
    vsub.f64 d5, d4, d4
    vmov.f64 d8, #1.5
    vmov.f64 d9, #0.5
    movs r4, #1
    movs r5, #0
    movs r6, #0
    ldr r7, ={ROUNDS}
    ldr r8, =1664525
    ldr r9, =1013904223
1:  mla r4, r4, r8, r9
    vadd.f32 s6, s6, s4
    vadd.f64 d5, d5, d4
    vadd.f64 d8, d8, d9
    tst r7, #1
    ite eq
    addeq r5, r5, #1
    addne r6, r6, #3
    push {{r4, r5, r6, r7}}
    vpush {{d4-d5}}
    svc 7
    vpop {{d4-d5}}
    pop {{r0, r1, r2, r3}}
    subs r7, r7, #1
    bne 1b
    ldr r0, =0xE000E010
    movs r1, #0
    str r1, [r0]
    ldr r0, =RESULT
    stm r0, {{r4, r5, r6}}
    vstr s6, [r0, #12]
    vstr d5, [r0, #16]
    vstr d8, [r0, #24]
2:  wfi
    b 2b
    .ltorg
    .thumb_func
    .global systick
systick:
    ldr r0, =RESULT + 64
    ldr r1, [r0]
    adds r1, r1, #1
    str r1, [r0]
    vmov s0, r1
    vcvt.f32.s32 s0, s0
    vmov.f64 d1, #31.0
    vmov.f64 d2, d1
    vmov.f64 d3, d1
    vmov.f64 d4, d1
    vmov.f64 d5, d1
    vmov.f64 d6, d1
    vmov.f64 d7, d1
    mov r2, r1
    mov r3, r1
    mov r12, r1
    adds r1, r1, r1
    bx lr
    .thumb_func
    .global svc
svc:
    ldr r0, =RESULT + 68
    ldr r1, [r0]
    adds r1, r1, #1
    str r1, [r0]
    vmov.f64 d4, #-2.0
    movs r12, #0
    bx lr
    .ltorg
"""


def expected_stress() -> bytes:
    value = 1
    for _ in range(ROUNDS):
        value = (value * 1664525 + 1013904223) & 0xFFFF_FFFF
    even, odd = ROUNDS // 2, 3 * (ROUNDS // 2)
    halves = ROUNDS * 0.5
    return struct.pack("<IIIfdd", value, even, odd, float(ROUNDS), halves, 1.5 + halves)


def test_interrupts_with_floating_point_leave_no_trace(boot: Callable[[str], Chip]) -> None:
    chip = boot(STRESS)
    run_until_asleep(chip)
    assert chip.read(RESULT, 32) == expected_stress()
    ticks, calls = word(chip, RESULT + 64), word(chip, RESULT + 68)
    assert calls == ROUNDS
    if not chip.no_counter:
        # 15 instructions in the loop, 7 in the handler of SVC, and those of SysTick's own.
        assert 22 * ROUNDS // 997 <= ticks <= 22 * ROUNDS // 997 + 2
    # Every frame was popped: the stack is where it began.
    assert chip.engine.read("sp") == 0x2002_0000


def test_halts_in_between_change_nothing(boot: Callable[[str], Chip]) -> None:
    chip = boot(STRESS)
    for _ in range(100):
        chip.engine.stop_soon()
        chip.advance()
        chip.core.halt()
        for _ in range(2):
            chip.core.step()
        chip.core.resume()
    run_until_asleep(chip)
    assert chip.read(RESULT, 32) == expected_stress()


# Each fault: the instructions, the bits of CFSR (B3.2.15) and whether BFAR is valid for 0x60000000.
FAULTS = {
    "undefined": ("udf #1", 1 << 16, 0),
    "no memory to load from": ("mov r0, #0x60000000\n.L: ldr r1, [r0]", 1 << 9 | 1 << 15, 1),
    "no memory to store to": ("mov r0, #0x60000000\nstr r1, [r0]", 1 << 9 | 1 << 15, 1),
    "no memory to run": ("ldr r0, =0x60000001\nbx r0", 1 << 8, 0),
    "never to be run": ("ldr r0, =0xF0000001\nbx r0", 1 << 0, 0),
    "no such return": ("ldr r0, =0xFFFFFFF9\nbx r0", 1 << 0, 0),
}
REPORT = """
1:  b 1b
    .ltorg
    .thumb_func
    .global {handler}
{handler}:
    ldr r0, =RESULT
    mrs r1, ipsr
    str r1, [r0]
    str sp, [r0, #4]
    str lr, [r0, #8]
2:  wfi
    b 2b
    .ltorg
"""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_escalates_and_tells_its_cause(boot: Callable[[str], Chip], name: str) -> None:
    code, bits, has_address = FAULTS[name]
    chip = boot(code + REPORT.format(handler="hard_fault"))
    run_until_asleep(chip)
    number, stack, link = struct.unpack("<III", chip.read(RESULT, 12))
    assert number == 3
    assert word(chip, CFSR) == bits
    assert word(chip, HFSR) == 1 << 30  # FORCED
    assert link == 0xFFFF_FFF9
    assert stack == 0x2002_0000 - 32
    if has_address:
        assert word(chip, BFAR) == 0x6000_0000
    if name == "undefined":
        stacked_pc = word(chip, stack + 24)
        assert chip.read(stacked_pc, 2) == bytes([0x01, 0xDE])


def test_an_enabled_usage_fault_has_a_handler_of_its_own(boot: Callable[[str], Chip]) -> None:
    enable = "ldr r0, =0xE000ED24\nmov r1, #1 << 18\nstr r1, [r0]\nvmov.f32 s0, #1.0\nudf #1"
    chip = boot(enable + REPORT.format(handler="usage_fault"))
    run_until_asleep(chip)
    number, stack, link = struct.unpack("<III", chip.read(RESULT, 12))
    assert (number, link) == (6, 0xFFFF_FFE9)  # a frame with floating point
    assert stack == 0x2002_0000 - 0x68
    assert word(chip, HFSR) == 0


@pytest.mark.parametrize(
    "code",
    [
        "mov r0, #0x70000000\nmov sp, r0\nudf #1",  # no stack for the frame
        "cpsid f\nudf #1",
        "svc 0\n.global svc\n.thumb_func\nsvc: udf #1\n.global hard_fault\n.thumb_func\n"
        "hard_fault: udf #2",
    ],
)
def test_a_fault_that_cannot_be_taken_is_lockup(boot: Callable[[str], Chip], code: str) -> None:
    chip = boot(code)
    for _ in range(100):
        if chip.advance() is Halt.LOCKUP:
            break
    assert chip.core.state is State.LOCKED_UP


def test_a_bkpt_without_a_debugger_is_a_fault(boot: Callable[[str], Chip]) -> None:
    chip = boot("bkpt #0" + REPORT.format(handler="hard_fault"))
    run_until_asleep(chip)
    assert word(chip, RESULT) == 3
    assert word(chip, HFSR) == 1 << 31  # DEBUGEVT


MASKED = """
    ldr r0, =0xE000E010
    movs r1, #99
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #7
    cpsid i
    str r1, [r0]
    wfi                         @ SysTick ends the sleep and is not taken
    ldr r6, =RESULT
    ldr r5, [r6]                @ 0: the handler did not run
    movs r1, #0
    str r1, [r0]
    cpsie i
    isb
    ldr r4, [r6]                @ 1: now it has
    strd r4, r5, [r6, #4]
1:  wfi
    b 1b
    .thumb_func
    .global systick
systick:
    ldr r0, =RESULT
    movs r1, #1
    str r1, [r0]
    bx lr
    .ltorg
"""


def test_a_masked_interrupt_wakes_and_waits(boot: Callable[[str], Chip]) -> None:
    chip = boot(MASKED)
    run_until_asleep(chip)
    ticks = chip.sleeping_ticks()
    assert ticks is not None
    assert 0 < ticks <= 100
    chip.wake(ticks)
    assert chip.core.state is State.RUNNING
    run_until_asleep(chip)
    assert struct.unpack("<III", chip.read(RESULT, 12)) == (1, 1, 0)


@pytest.mark.parametrize("boot", ["counter"], indirect=True)
def test_a_system_reset_starts_anew_and_tells_why(boot: Callable[[str], Chip]) -> None:
    chip = boot(
        """
    ldr r6, =RESULT
    ldr r1, [r6]
    adds r1, r1, #1
    str r1, [r6]
    cmp r1, #3
    beq 1f
    ldr r0, =0xE000ED0C
    ldr r1, =0x05FA0004
    str r1, [r0]
2:  b 2b
1:  wfi
    b 1b
    .ltorg
"""
    )
    deadline = time.monotonic() + DEADLINE_S
    while chip.core.state is not State.SLEEPING:
        assert time.monotonic() < deadline
        chip.advance()
    assert word(chip, RESULT) == 3
    assert word(chip, 0x5802_44D0) >> 24 & 1  # RCC_RSR.SFTRSTF
