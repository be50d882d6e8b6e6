"""Core registers that only the MRS and MSR instructions reach, when the server does not list them.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), A7.7.82 MRS, A7.7.83 MSR, B5.1.1 (SYSm).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from harness.probe.backend import Backend
from harness.probe.faults import AccessRefused

SYSM = {"msp": 8, "psp": 9, "primask": 16, "basepri": 17, "faultmask": 19, "control": 20}

_THUMB = 1 << 24
_IT_STATE = 0x0600_FC00


def read(core: Backend, name: str) -> int:
    """Read a special register of a halted core by running `MRS r0, <name>`."""
    with _borrowed(core, struct.pack("<HH", 0xF3EF, 0x8000 | SYSM[name])):
        core.step()
        return core.read_register("r0")


def write(core: Backend, name: str, value: int) -> None:
    """Write a special register of a halted core by running `MSR <name>, r0`."""
    with _borrowed(core, struct.pack("<HH", 0xF380, 0x8800 | SYSM[name])):
        core.write_register("r0", value)
        core.step()


@contextmanager
def _borrowed(core: Backend, instruction: bytes) -> Iterator[None]:
    """Put an instruction at PC and make it executable; restore memory and registers after."""
    kept = {name: core.read_register(name) for name in ("r0", "pc", "xpsr")}
    code = core.read_memory(kept["pc"], len(instruction))
    core.write_memory(kept["pc"], instruction)
    try:
        if core.read_memory(kept["pc"], len(instruction)) != instruction:
            raise AccessRefused(kept["pc"], 4, "special registers need a PC in writable memory")
        # Within an IT block the instruction might be skipped; without T it would fault.
        core.write_register("xpsr", kept["xpsr"] & ~_IT_STATE | _THUMB)
        yield
    finally:
        core.write_memory(kept["pc"], code)
        for name, value in kept.items():
            core.write_register(name, value)
