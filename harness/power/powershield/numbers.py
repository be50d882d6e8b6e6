"""How the PowerShield family writes numbers: in text "6409-07", in binary 16 bits."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

SAMPLE = re.compile(rb"^(\d{4,5})([+-]\d{2})$")
METADATA = 0xF0


def ascii_amperes(token: bytes) -> float | None:
    """The amperes in "6409-07" (640.9 uA), None for what is not a sample (UM2269 table 49)."""
    match = SAMPLE.match(token)
    return int(match[1]) * 10.0 ** int(match[2]) if match else None


def binary_amperes() -> NDArray[np.float32]:
    """Amperes by sample word, float32 [65536]: mantissa (12 bits) x 16^-exponent (4 bits).

    Words from 0xF000 on are no samples but begin metadata: NaN.
    """
    word = np.arange(1 << 16)
    value = (word & 0xFFF) * 16.0 ** -(word >> 12)
    value[METADATA << 8 :] = np.nan
    return value.astype(np.float32)
