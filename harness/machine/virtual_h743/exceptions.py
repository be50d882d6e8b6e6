"""Exception entry and return: the stack frame with its floating-point part, modes and stacks.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), B1.5.6 (entry), B1.5.7 (stacking), B1.5.8
(return). The floating-point registers are always stacked at once: no lazy stacking.
"""

from __future__ import annotations

import struct

from harness.machine.virtual_h743.engine import Engine
from harness.machine.virtual_h743.nvic import NMI

_BASIC = ("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr")
_FLOATS = tuple(f"s{n}" for n in range(16))
_BASIC_BYTES, _EXTENDED_BYTES = 0x20, 0x68

_IPSR = 0x1FF
_FLAGS = 0xF80F_0000
_PADDED = 1 << 9
_NPRIV, _SPSEL, _FPCA = 1, 2, 4

_RETURN = 0xFFFF_FFE1
_NO_FLOATS, _TO_THREAD, _TO_PSP = 1 << 4, 1 << 3, 1 << 2
# Bits 4, 3 and 2 of the values B1.5.8 allows: to a handler, to a thread on MSP or PSP.
_ALLOWED = {0x0, _TO_THREAD, _TO_THREAD | _TO_PSP}


class StackingFault(Exception):
    """The frame lies where there is no memory."""

    def __init__(self, address: int) -> None:
        super().__init__(f"{address:#010x}")
        self.address = address


class BadReturn(Exception):
    """The value in PC is no EXC_RETURN that is allowed here."""


def enter(engine: Engine, number: int, vector_table: int, return_to: int) -> None:
    """Stack the context, which is to go on at `return_to`, and go to the handler of `number`.

    Raises:
        StackingFault: there is no memory for the frame, or no vector; registers are as before.
    """
    control = engine.read("control")
    xpsr = engine.read("xpsr")
    floats = bool(control & _FPCA)
    top = engine.read("sp")
    frame = (top - (_EXTENDED_BYTES if floats else _BASIC_BYTES)) & ~7 & 0xFFFF_FFFF
    saved = xpsr & ~_PADDED | (_PADDED if top & 4 else 0)
    words = [engine.read(name) for name in _BASIC[:6]] + [return_to, saved]
    if floats:
        words += [engine.read(name) for name in (*_FLOATS, "fpscr")] + [0]
    try:
        vector = int.from_bytes(engine.fetch(vector_table + 4 * number, 4), "little")
        engine.store(frame, struct.pack(f"<{len(words)}I", *words), code=False)
    except IndexError:
        raise StackingFault(frame) from None
    handler = xpsr & _IPSR
    kind = _RETURN | (0 if floats else _NO_FLOATS)
    if not handler:
        kind |= _TO_THREAD | (_TO_PSP if control & _SPSEL else 0)
    engine.write("sp", frame)
    if not handler:
        # In thread mode this changes over to the main stack; handlers are always on it.
        engine.write("control", control & _NPRIV)
    engine.write("lr", kind)
    engine.write("pc", vector & ~1)
    # Last, because the engine sets T with PC.
    engine.write("xpsr", xpsr & _FLAGS | (vector & 1) << 24 | number)
    engine.write("control", control & _NPRIV)


def leave(engine: Engine, value: int) -> int:
    """Return from the handler that runs to where its frame says; give the handler's number.

    Raises:
        BadReturn: `value` is no EXC_RETURN, or what it returns to is not there.
        StackingFault: there is no memory where the frame should be.
    """
    value |= 1  # the engine takes the last bit for the instruction set
    kind = value & (_TO_THREAD | _TO_PSP)
    if value & ~0x1C & 0xFFFF_FFFF != _RETURN or kind not in _ALLOWED:
        raise BadReturn(f"EXC_RETURN {value:#010x}")
    floats = not value & _NO_FLOATS
    stack = "psp" if kind & _TO_PSP else "msp"
    frame = engine.read(stack)
    count = 26 if floats else 8
    try:
        words = struct.unpack(f"<{count}I", engine.fetch(frame, 4 * count))
    except IndexError:
        raise StackingFault(frame) from None
    saved = words[7]
    if bool(kind & _TO_THREAD) != (saved & _IPSR == 0):
        raise BadReturn(f"EXC_RETURN {value:#010x} with IPSR {saved & _IPSR}")
    number = engine.read("xpsr") & _IPSR
    if number != NMI:
        engine.write("faultmask", 0)
    for name, word in zip(_BASIC[:6], words, strict=False):
        engine.write(name, word)
    control = engine.read("control") & _NPRIV | (_FPCA if floats else 0)
    engine.write("pc", words[6] & ~1)
    engine.write("xpsr", saved & ~_PADDED)
    engine.write("control", control | (_SPSEL if kind & _TO_PSP else 0))
    if floats:
        for name, word in zip((*_FLOATS, "fpscr"), words[8:25], strict=True):
            engine.write(name, word)
        engine.write("control", control | (_SPSEL if kind & _TO_PSP else 0))
    engine.write("sp", frame + 4 * count + (4 if saved & _PADDED else 0))
    return number
