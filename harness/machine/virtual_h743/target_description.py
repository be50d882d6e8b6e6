"""The core registers as a debugger is told of them.

Source: "Debugging with GDB", appendix G.5.3 (ARM features m-profile, m-system, vfp).
"""

from __future__ import annotations

CORE = (*(f"r{n}" for n in range(13)), "sp", "lr", "pc", "xpsr")
SYSTEM = ("msp", "psp", "primask", "basepri", "faultmask", "control")
DOUBLES = tuple(f"d{n}" for n in range(16))
# Register numbers of the `p` and `P` packets; by custom XPSR is 25, where the old FPA ones ended.
_XPSR = 25
NUMBERS: dict[int, str] = {
    **dict(enumerate(CORE[:-1])),
    _XPSR: "xpsr",
    **dict(enumerate((*SYSTEM, *DOUBLES, "fpscr"), _XPSR + 1)),
}


def width(name: str) -> int:
    """Bytes of a register."""
    return 8 if name in DOUBLES else 4


def document() -> bytes:
    """`target.xml`."""
    feature = "org.gnu.gdb.arm"
    lines = ['<?xml version="1.0"?>', '<!DOCTYPE target SYSTEM "gdb-target.dtd">']
    lines += ['<target version="1.0">', "<architecture>arm</architecture>"]
    for name, registers in (
        ("m-profile", CORE),
        ("m-system", SYSTEM),
        ("vfp", (*DOUBLES, "fpscr")),
    ):
        lines.append(f'<feature name="{feature}.{name}">')
        lines += [_element(register) for register in registers]
        lines.append("</feature>")
    return "\n".join([*lines, "</target>"]).encode()


def _element(name: str) -> str:
    number = next(number for number, known in NUMBERS.items() if known == name)
    kind = {"sp": "data_ptr", "pc": "code_ptr"}.get(name, "int")
    kind = "ieee_double" if name in DOUBLES else kind
    return f'<reg name="{name}" bitsize="{8 * width(name)}" regnum="{number}" type="{kind}"/>'
