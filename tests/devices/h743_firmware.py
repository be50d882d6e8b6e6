"""Small programs for the virtual STM32H743, assembled on the spot, and a target to run them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from devices.mps2_firmware import ASSEMBLER

from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit

FLASH = 0x0800_0000
RESULT = 0x2400_0000
STACK_TOP = 0x2002_0000

HANDLERS = (
    *("hard_fault", "mem_fault", "bus_fault", "usage_fault"),
    *("svc", "pendsv", "systick", "usart3"),
)

# Handlers that a program does not define end in `stuck`.
VECTORS = f"""
    .syntax unified
    .cpu cortex-m7
    .fpu fpv5-d16
    .thumb
    .equ RESULT, {RESULT:#x}
    .section .vectors, "ax"
    .global _start
    .word {STACK_TOP:#x}, _start, stuck, hard_fault, mem_fault, bus_fault, usage_fault, 0, 0, 0, 0
    .word svc, stuck, 0, pendsv, systick
    .rept 39
    .word stuck
    .endr
    .word usart3
    .text
    .thumb_func
stuck: b stuck
    .thumb_func
_start:
    ldr r0, =0xE000ED88
    ldr r1, =0x00F00000
    str r1, [r0]
    dsb
    isb
"""

# Counts at RESULT; one turn of the loop is three instructions.
COUNTING = (
    VECTORS
    + """
    ldr r0, =RESULT
    movs r1, #0
    .global count
    .thumb_func
count:
    adds r1, r1, #1
    str r1, [r0]
    b count
"""
)


def target(**machine_options: str) -> Target:
    """An STM32H743 with nothing of a board around it."""
    nowhere = Region(0, 0)
    return Target(
        id="h743",
        title="STM32H743",
        fidelity=Fidelity.SIMULATED,
        core=Core("Cortex-M7", ()),
        port="stm32h7",
        clock_hz=480_000_000,
        memory=Memory(nowhere, nowhere, nowhere, nowhere),
        counter=CounterMeaning("dwt-cyccnt", Unit.INSTRUCTIONS, 1.0),
        machine="virtual-h743",
        machine_options=machine_options,
        pyocd_target="stm32h743xx",
        baud_rate=2_000_000,
    )


def assemble(source: str, folder: Path) -> Path:
    """Assemble to an ELF in flash: vectors at its start, text at 0x400 behind them."""
    elf = folder / "firmware.elf"
    absent = [f"    .thumb_set {name}, stuck\n" for name in HANDLERS if f"{name}:" not in source]
    (folder / "firmware.s").write_text(source + "\n" + "".join(absent))
    places = [f"-Wl,--section-start=.vectors={FLASH:#x}", f"-Wl,-Ttext={FLASH + 0x400:#x}"]
    options = ("-nostdlib", "-mthumb", "-mcpu=cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-d16")
    subprocess.run(
        [ASSEMBLER, *options, *places, "-Wl,--nmagic", "-o", str(elf), str(folder / "firmware.s")],
        check=True,
        timeout=60,
    )
    return elf


def image(elf: Path) -> bytes:
    """The bytes of the flash from its start."""
    out = elf.with_suffix(".bin")
    command = ["arm-none-eabi-objcopy", "-O", "binary", str(elf), str(out)]
    subprocess.run(command, check=True, timeout=60)
    return out.read_bytes()
