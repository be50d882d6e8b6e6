"""What a debugger finds on a core of ARMv7-M or ARMv8-M, and which of them a core is.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), C1.2.2 and appendix D4; ARMv8-M
Architecture Reference Manual (DDI 0553), DEVARCH of DWT, FPB, ITM and the SCS, ID_DFR0; part
numbers from the technical reference manuals of Cortex-M3, -M4 and -M7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.probe.backend import Backend
from harness.probe.core_debug import CoreDebug
from harness.probe.core_debug_v8m import CoreDebugV8M
from harness.probe.debug_units import DWT_BASE, FPB_BASE, WatchpointUnit, WatchpointUnitV2
from harness.probe.rom_table import CORESIGHT, GENERIC_IP, Component

SCS_BASE = 0xE000_E000
_ITM_BASE = 0xE000_0000

_CPUID = 0xE000_ED00
_ID_DFR0 = 0xE000_ED48
_M_PROFILE_DEBUG_SHIFT = 20
_ARMV8M_DEBUG = 2


@dataclass(frozen=True)
class Architecture:
    """The components of the ROM table, and what answers in their pages."""

    components: tuple[Component, ...]
    core_debug: Callable[[Backend], CoreDebug]
    watchpoint_unit: Callable[[Backend], WatchpointUnit]


ARMV7M = Architecture(
    (
        Component(SCS_BASE, GENERIC_IP, 0x00C),
        Component(DWT_BASE, GENERIC_IP, 0x002),
        Component(FPB_BASE, GENERIC_IP, 0x00E),
        Component(_ITM_BASE, GENERIC_IP, 0x001),
    ),
    CoreDebug,
    WatchpointUnit,
)


def armv8m(part: int) -> Architecture:
    """ARMv8-M; all components carry the part number of the core, their kind is in DEVARCH."""
    return Architecture(
        (
            Component(SCS_BASE, CORESIGHT, part, architecture=0x2A04),
            Component(DWT_BASE, CORESIGHT, part, architecture=0x1A02),
            Component(FPB_BASE, CORESIGHT, part, architecture=0x1A03),
            Component(_ITM_BASE, CORESIGHT, part, architecture=0x1A01, device_type=0x43),
        ),
        CoreDebugV8M,
        WatchpointUnitV2,
    )


def architecture_of(core: Backend) -> Architecture:
    """Tell the architecture of a core from its debug feature register."""
    if _word(core, _ID_DFR0) >> _M_PROFILE_DEBUG_SHIFT & 0xF == _ARMV8M_DEBUG:
        return armv8m(_word(core, _CPUID) >> 4 & 0xFFF)
    return ARMV7M


def _word(core: Backend, address: int) -> int:
    return int.from_bytes(core.read_memory(address, 4), "little")
