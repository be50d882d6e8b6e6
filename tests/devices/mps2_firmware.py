"""A few instructions for QEMU's mps2 boards, assembled on the spot, and targets to run them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit

BOARDS = ("mps2-an385", "mps2-an386", "mps2-an500")
QEMU = "qemu-system-arm"
ASSEMBLER = "arm-none-eabi-gcc"

needs_qemu = pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"{QEMU} is not installed")
needs_assembler = pytest.mark.skipif(
    shutil.which(ASSEMBLER) is None, reason=f"{ASSEMBLER} is not installed"
)

STACK_TOP = 0x2000_1000
COUNTER = 0x2000_0010

VECTORS = """
    .syntax unified
    .cpu cortex-m3
    .thumb
    .section .vectors, "ax"
    .global _start
    .word 0x20001000, _start, stuck, stuck, stuck, stuck, stuck, 0, 0, 0, 0, stuck, stuck, 0, stuck
    .word stuck
    .rept 16
    .word uart_interrupt
    .endr
    .text
    .thumb_func
stuck: b stuck
    .weak uart_interrupt
    .thumb_func
_start:
"""

# Counts at COUNTER; one turn of the loop is three instructions.
COUNTING = (
    VECTORS
    + """
    ldr r0, =0x20000010
    movs r1, #0
    .global count
    .thumb_func
count:
    adds r1, r1, #1
    str r1, [r0]
    b count
"""
)

# Sends every byte of UART0 back by interrupt, and sleeps in between.
ECHO = (
    VECTORS
    + """
    ldr r0, =0x40004000
    movs r1, #16
    str r1, [r0, #16]
    movs r1, #11
    str r1, [r0, #8]
    ldr r1, =0xE000E100
    movs r2, #1
    str r2, [r1]
sleep:
    wfi
    b sleep
    .thumb_func
uart_interrupt:
    ldr r0, =0x40004000
    movs r1, #2
    str r1, [r0, #12]
    ldr r1, [r0]
    str r1, [r0]
    bx lr
"""
)

# Jumps where nothing can be executed; the HardFault handler does the same.
LOCKUP = """
    .syntax unified
    .cpu cortex-m3
    .thumb
    .section .vectors, "ax"
    .global _start
    .word 0x20001000, _start, 0, 0xF0000000
    .text
    .thumb_func
_start:
    ldr r0, =0xF0000001
    bx r0
"""


def target(board: str = "mps2-an500", machine: str = "qemu") -> Target:
    nowhere = Region(0, 0)
    return Target(
        id=board,
        title=board,
        fidelity=Fidelity.SIMULATED,
        core=Core("Cortex-M", ()),
        port="mps2",
        clock_hz=25_000_000,
        memory=Memory(nowhere, nowhere, nowhere, nowhere),
        counter=CounterMeaning("systick-icount", Unit.INSTRUCTIONS, 40.0),
        machine=machine,
        machine_options={"machine": board},
        pyocd_target="cortex_m",
        baud_rate=115_200,
    )


def assemble(source: str, folder: Path, *, data_at: int | None = None) -> Path:
    """Assemble to an ELF: vectors at 0, text behind them, `.data` at `data_at` if it is there."""
    elf = folder / "firmware.elf"
    (folder / "firmware.s").write_text(source)
    places = ["-Wl,--section-start=.vectors=0", "-Wl,-Ttext=0x100"]
    if data_at is not None:
        places.append(f"-Wl,-Tdata={data_at:#x}")
    subprocess.run(
        [
            *(ASSEMBLER, "-nostdlib", "-mthumb", "-mcpu=cortex-m3", *places),
            *("-Wl,-z,max-page-size=4", "-o", str(elf), str(folder / "firmware.s")),
        ],
        check=True,
        timeout=60,
    )
    return elf
