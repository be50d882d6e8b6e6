"""The constants a PPK2 keeps of itself, and the current that a sample word stands for."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.domain.power import SampleFlag

RANGES = 5
ADC_FULL = 0x3FFF
TABLE_BITS = 17  # ADC (14) and range (3)
# Volts of one step of the four-fold ADC value; shunts in ohm where the kit states R = 0.
VOLT_PER_STEP = 1.8 / 163840
DEFAULT_SHUNT_OHM = (1031.64, 101.65, 10.15, 0.94, 0.043)
KEYS = ("R", "GS", "GI", "O", "S", "I", "UG")
END = b"END"
_LINE = re.compile(r"^\s*([A-Za-z]+)(\d?)\s*:\s*(\S+)\s*$")


@dataclass(frozen=True)
class Calibration:
    """Constants by name, each for the ranges 0 to 4; NaN where the kit gave none.

    `warnings` tell what is missing or unusual: a range without all its constants has no current.
    """

    constants: dict[str, tuple[float, ...]]
    vdd_mv: int | None = None
    hardware: str = ""
    warnings: tuple[str, ...] = field(default=())

    def currents(self, vdd_v: float) -> NDArray[np.float32]:
        """Amperes by the low 17 bits of a sample word, float32 [131072], NaN where invalid.

        With x = (4 ADC - O) * 1.8/163840 / R the current is
        UG * (x * (GS * x + GI) + S * VDD + I): the formula Nordic's application applies.
        """
        table = np.full(1 << TABLE_BITS, np.nan, np.float64)
        adc = 4.0 * np.arange(ADC_FULL + 1)
        for number in range(RANGES):
            r, gs, gi, o, s, i, ug = (self.constants[key][number] for key in KEYS)
            x = (adc - o) * VOLT_PER_STEP / r
            start = number << 14
            table[start : start + ADC_FULL + 1] = ug * (x * (gs * x + gi) + s * vdd_v + i)
        return table.astype(np.float32)


def sample_flags() -> NDArray[np.uint8]:
    """Flags by the low 17 bits of a sample word, uint8 [131072]."""
    table = np.zeros(1 << TABLE_BITS, np.uint8)
    table[RANGES << 14 :] = SampleFlag.BAD_RANGE | SampleFlag.LOST
    table[ADC_FULL :: ADC_FULL + 1] |= SampleFlag.OVERRANGE
    return table


def parse_metadata(text: str) -> Calibration:
    """Read the lines "KEY: VALUE" that end with END; what is unusable becomes NaN and a warning."""
    values: dict[str, float] = {}
    words: dict[str, str] = {}
    for line in text.splitlines():
        if (match := _LINE.match(line)) is not None:
            name = match[1] + match[2]
            words[name] = match[3]
            values[name] = _number(match[3])
    warnings: list[str] = []
    constants = {
        key: tuple(_constant(key, n, values, warnings) for n in range(RANGES)) for key in KEYS
    }
    for number in range(RANGES):
        if any(math.isnan(constants[key][number]) for key in KEYS):
            warnings.append(f"range {number} is not calibrated: its samples have no value")
    vdd = values.get("VDD", math.nan)
    return Calibration(
        constants, None if math.isnan(vdd) else int(vdd), words.get("HW", ""), tuple(warnings)
    )


def _constant(key: str, number: int, values: dict[str, float], warnings: list[str]) -> float:
    name = f"{key}{number}"
    value = values.get(name, math.nan)
    if math.isnan(value):
        warnings.append(f"the calibration has no {name}")
    elif key == "R" and value == 0:
        warnings.append(f"{name} is 0: the nominal {DEFAULT_SHUNT_OHM[number]:g} ohm are taken")
        return DEFAULT_SHUNT_OHM[number]
    elif key == "UG" and value != 1:
        warnings.append(f"the user gain {name} is {value:g}, not 1")
    return value


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
