"""Direct calls in Thumb-2 machine code.

Source: Armv7-M Architecture Reference Manual, A7.7.18 (BL, encoding T1) and A7.7.12 (B, T4).
"""

from __future__ import annotations

import struct


def called_functions(code: bytes, address: int) -> list[int]:
    """Targets of every BL and long B in `code`, which lies at `address`.

    Halfwords are not told apart from constants among them, so a target counts only where a function
    is known to start.
    """
    words = struct.unpack(f"<{len(code) // 2}H", code[: len(code) // 2 * 2])
    found = []
    for number in range(len(words) - 1):
        high, low = words[number], words[number + 1]
        if high & 0xF800 == 0xF000 and low & 0x9000 == 0x9000:
            found.append(address + 2 * number + 4 + _offset(high, low))
    return found


def _offset(high: int, low: int) -> int:
    sign = high >> 10 & 1
    bits = (1 - (low >> 13 & 1 ^ sign)) << 23 | (1 - (low >> 11 & 1 ^ sign)) << 22
    bits |= (high & 0x3FF) << 12 | (low & 0x7FF) << 1
    return bits - (sign << 24)
