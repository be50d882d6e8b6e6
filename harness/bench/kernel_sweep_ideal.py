"""The fewest instructions per multiply-accumulate a core can do: its widest int8 MAC, alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.target import Target
from harness.domain.units import Fidelity, Unit

QUANTITY = "ideal_per_mac"


@dataclass(frozen=True)
class WidestMac:
    """The instruction of a core that does the most int8 multiply-accumulates at once."""

    instruction: str
    macs: int


# Arm Architecture Reference Manuals: SMLAD (DSP extension) takes two 16-bit products of widened
# int8, VMLADAVA.S8 (Helium) the sixteen products of two 128-bit vectors, which a Cortex-M55 does in
# two cycles of eight. MLA is what Armv7-M has without extensions.
_NAME = re.compile(r"Cortex-M\d+")
_SMLAD = WidestMac("SMLAD", 2)
_BY_CORE = {
    "Cortex-M3": WidestMac("MLA", 1),
    "Cortex-M4": _SMLAD,
    "Cortex-M7": _SMLAD,
    "Cortex-M33": _SMLAD,
    "Cortex-M55": WidestMac("VMLADAVA.S8", 16),
}


def ideal_per_mac(target: Target, macs: int) -> Reading:
    """Instructions per MAC if nothing but MACs were executed: a bound, not an aim.

    Loads, widening, requantisation and loops come on top. MACs are counted as the field does, those
    in the padding included, which kernels may skip: where most of a window is padding a kernel can
    stay below.
    """
    if target.counter.unit is not Unit.INSTRUCTIONS:
        return Missing(QUANTITY, "the ideal is known in instructions, and a board counts cycles")
    if not macs:
        return Missing(QUANTITY, "the model has no multiply-accumulates")
    named = _NAME.match(target.core.name)  # without what follows: an F stands for the FPU
    widest = _BY_CORE.get(named.group()) if named else None
    if widest is None:
        return Missing(QUANTITY, f"the widest MAC of {target.core.name} is not known here")
    value = 1 / widest.macs
    return Measurement(
        quantity=QUANTITY,
        value=value,
        unit=Unit.INSTRUCTIONS,
        n=1,
        minimum=value,
        maximum=value,
        fidelity=Fidelity.MODEL,
        instrument=target.core.name,
        method=f"{widest.macs} int8 MACs per {widest.instruction}",
    )
