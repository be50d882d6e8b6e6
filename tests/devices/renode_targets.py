"""A target that Renode runs, as targets/openmv-h7-renode.toml says it."""

from __future__ import annotations

from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit


def renode_target() -> Target:
    """The OpenMV Cam H7 in Renode."""
    return Target(
        id="openmv-h7-renode",
        title="OpenMV Cam H7 in Renode",
        fidelity=Fidelity.SIMULATED,
        core=Core("Cortex-M7", ("-mcpu=cortex-m7", "-mthumb")),
        port="stm32h7",
        clock_hz=480_000_000,
        memory=Memory(
            code=Region(0x0800_0000, 0x4_0000),
            ram=Region(0x2000_0000, 0x2_0000),
            model_slot=Region(0x0806_0000, 0x18_0000),
            arena=Region(0x2400_0000, 0x8_0000),
        ),
        counter=CounterMeaning("dwt-cyccnt", Unit.INSTRUCTIONS, 1),
        machine="renode",
        machine_options={"platform": "openmv-h7", "uart": "usart3"},
        pyocd_target="cortex_m",
        baud_rate=2_000_000,
    )
