"""Units and fidelity: what a number counts, and how far it may be believed."""

from __future__ import annotations

from enum import StrEnum


class Fidelity(StrEnum):
    """Where a number comes from; numbers of different fidelity never share a column."""

    SILICON = "silicon"
    SIMULATED = "simulated"
    MODEL = "model"


class Unit(StrEnum):
    """Units of the quantities that are measured."""

    CYCLES = "cycles"
    INSTRUCTIONS = "instructions"
    FRACTION = "fraction"
    SAMPLES = "samples"
    LSB = "LSB"
    BYTES = "bytes"
    INFERENCES_PER_SECOND = "inf./s"
    JOULES = "J"
    COULOMBS = "C"
    AMPERES = "A"
    VOLTS = "V"
    COUNT = "count"
