"""What only instructions reach, on a core whose server offers no other way.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), A7.7.82 MRS, A7.7.83 MSR, B5.1.1 (SYSm);
ARMv8-M Architecture Reference Manual (DDI 0553), MRS, MSR, TT.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from harness.probe.backend import Backend
from harness.probe.faults import AccessRefused

_CURRENT = {"msp": 8, "psp": 9, "primask": 16, "basepri": 17, "faultmask": 19, "control": 20}
_LIMITS = {"msplim": 10, "psplim": 11}
_NON_SECURE = 0x80
SYSM = {
    **_CURRENT,
    **{f"{name}_s": number for name, number in (_CURRENT | _LIMITS).items()},
    **{f"{name}_ns": number | _NON_SECURE for name, number in (_CURRENT | _LIMITS).items()},
}
SECURE = "secure"

_THUMB = 1 << 24
_IT_STATE = 0x0600_FC00
_TT_SECURE = 1 << 22
_STORES = {1: 0x7008, 2: 0x8008, 4: 0x6008}  # STRB, STRH, STR r0, [r1]


def read(core: Backend, name: str) -> int:
    """Read a special register of a halted core by running `MRS r0, <name>`.

    Raises:
        AccessRefused: a Secure register, while the core is in Non-secure state.
    """
    _require_secure(core, name)
    with _borrowed(core, struct.pack("<HH", 0xF3EF, 0x8000 | SYSM[name])):
        core.step()
        return core.read_register("r0")


def write(core: Backend, name: str, value: int) -> None:
    """Write a special register of a halted core by running `MSR <name>, r0`; raises as `read`."""
    _require_secure(core, name)
    with _borrowed(core, struct.pack("<HH", 0xF380, 0x8800 | SYSM[name])):
        core.write_register("r0", value)
        core.step()


def in_secure_state(core: Backend) -> bool:
    """Tell whether an ARMv8-M core is in Secure state, by running `TT r0, r0` on its own PC.

    Code that runs in Secure state lies in Secure memory, and TT tells that to such code only.
    """
    with _borrowed(core, struct.pack("<HH", 0xE840, 0xF000)):
        core.write_register("r0", core.read_register("pc"))
        core.step()
        return bool(core.read_register("r0") & _TT_SECURE)


def store(core: Backend, address: int, data: bytes) -> None:
    """Write to a peripheral by running stores of words, or of what is left of one."""
    at = 0
    while at < len(data):
        size = next(n for n in (4, 2, 1) if (address + at) % n == 0 and at + n <= len(data))
        with _borrowed(core, struct.pack("<HH", _STORES[size], 0xBF00)):
            core.write_register("r0", int.from_bytes(data[at : at + size], "little"))
            core.write_register("r1", address + at)
            core.step()
        at += size


def _require_secure(core: Backend, name: str) -> None:
    if name.endswith("_s") and not in_secure_state(core):
        raise AccessRefused(0, 4, f"{name} can be reached from Secure state only")


@contextmanager
def _borrowed(core: Backend, instruction: bytes) -> Iterator[None]:
    """Put an instruction at PC and make it executable; restore memory and registers after."""
    kept = {name: core.read_register(name) for name in ("r0", "r1", "pc", "xpsr")}
    code = core.read_memory(kept["pc"], len(instruction))
    core.write_memory(kept["pc"], instruction)
    try:
        if core.read_memory(kept["pc"], len(instruction)) != instruction:
            raise AccessRefused(kept["pc"], 4, "this needs a PC in writable memory")
        # Within an IT block the instruction might be skipped; without T it would fault.
        core.write_register("xpsr", kept["xpsr"] & ~_IT_STATE | _THUMB)
        yield
    finally:
        core.write_memory(kept["pc"], code)
        for name, value in kept.items():
            core.write_register(name, value)
