"""A few instructions for QEMU's MPS boards, assembled on the spot, and targets to run them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit


@dataclass(frozen=True)
class Place:
    """Where a board boots from, where it has other memory, and its UART0."""

    core: str
    code: int = 0
    ram: int = 0x2000_0000
    slot: int = 0x0020_0000
    uart: int = 0x4000_4000
    uart_irq: int = 0

    @property
    def stack_top(self) -> int:
        return self.ram + 0x1000

    @property
    def counter(self) -> int:
        return self.ram + 0x10


PLACES = {
    "mps2-an385": Place("Cortex-M3"),
    "mps2-an386": Place("Cortex-M4"),
    "mps2-an500": Place("Cortex-M7"),
    "mps2-an505": Place(
        "Cortex-M33", 0x1000_0000, 0x3800_0000, 0x1020_0000, uart=0x5020_0000, uart_irq=32
    ),
    "mps3-an547": Place("Cortex-M55", slot=0x0100_0000, uart=0x5930_3000, uart_irq=33),
}
BOARDS = tuple(PLACES)
QEMU = "qemu-system-arm"
ASSEMBLER = "arm-none-eabi-gcc"

needs_qemu = pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"{QEMU} is not installed")
needs_assembler = pytest.mark.skipif(
    shutil.which(ASSEMBLER) is None, reason=f"{ASSEMBLER} is not installed"
)

COUNTER = PLACES["mps2-an500"].counter

VECTORS = """
    .syntax unified
    .cpu cortex-m3
    .thumb
    .section .vectors, "ax"
    .global _start
    .word RAM + 0x1000, _start, stuck, stuck, stuck, stuck, stuck, 0, 0, 0, 0, stuck, stuck, 0
    .word stuck, stuck
    .rept 40
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
    ldr r0, =RAM + 0x10
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
    ldr r0, =UART
    movs r1, #16
    str r1, [r0, #16]
    movs r1, #11
    str r1, [r0, #8]
    ldr r1, =0xE000E100 + UART_IRQ / 32 * 4
    ldr r2, =1 << UART_IRQ % 32
    str r2, [r1]
sleep:
    wfi
    b sleep
    .thumb_func
uart_interrupt:
    ldr r0, =UART
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


def assemble(
    source: str, folder: Path, *, board: str = "mps2-an500", data_at: int | None = None
) -> Path:
    """Assemble to an ELF: vectors, text at 0x100 behind them, `.data` at `data_at` if any."""
    at = PLACES[board]
    elf = folder / "firmware.elf"
    (folder / "firmware.s").write_text(source)
    places = [f"-Wl,--section-start=.vectors={at.code:#x}", f"-Wl,-Ttext={at.code + 0x100:#x}"]
    for name, value in (("RAM", at.ram), ("UART", at.uart), ("UART_IRQ", at.uart_irq)):
        places.append(f"-Wa,--defsym,{name}={value:#x}")
    if data_at is not None:
        places.append(f"-Wl,-Tdata={data_at:#x}")
    subprocess.run(
        [
            *(ASSEMBLER, "-nostdlib", "-mthumb", "-mcpu=cortex-m3", *places),
            *("-Wl,--nmagic", "-o", str(elf), str(folder / "firmware.s")),
        ],
        check=True,
        timeout=60,
    )
    return elf
