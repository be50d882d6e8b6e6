"""What ARMv8-M adds to the debug registers, as its manual describes them."""

import pytest
from devices.scripted_core import ScriptedCore

from harness.probe.architecture import ARMV7M, architecture_of, armv8m
from harness.probe.backend import Watch
from harness.probe.bus import Bus
from harness.probe.core_debug import AIRCR, DCRDR, DCRSR, DEMCR, DHCSR
from harness.probe.core_debug_v8m import DAUTHCTRL, DAUTHSTATUS, DSCSR

KEY = 0xA05F_0000
DEBUGEN, HALT = 1, 2
CORTEX_M33, CORTEX_M55 = 0xD21, 0xD22
CPUID, ID_DFR0 = 0xE000_ED00, 0xE000_ED48
DWT, SCS, FPB, ITM = 0xE000_1000, 0xE000_E000, 0xE000_2000, 0xE000_0000
WRITE = 1 << 16


@pytest.fixture
def core() -> ScriptedCore:
    return ScriptedCore(running=True)


@pytest.fixture
def bus(core: ScriptedCore) -> Bus:
    bus = Bus(core, armv8m(CORTEX_M33))
    bus.write_word(DHCSR, KEY | DEBUGEN | HALT)
    return bus


def keep_word(core: ScriptedCore, address: int, value: int) -> None:
    core.memory.update(enumerate(value.to_bytes(4, "little"), start=address))


@pytest.mark.parametrize("part", [CORTEX_M33, CORTEX_M55])
def test_the_debug_feature_register_tells_the_architecture(core: ScriptedCore, part: int) -> None:
    keep_word(core, ID_DFR0, 2 << 20)
    keep_word(core, CPUID, 0x410F_0001 | part << 4)
    assert architecture_of(core).components == armv8m(part).components


def test_armv7m_has_another_debug_feature_register(core: ScriptedCore) -> None:
    keep_word(core, ID_DFR0, 1 << 20)
    keep_word(core, CPUID, 0x410F_C241)
    assert architecture_of(core) is ARMV7M


@pytest.mark.parametrize(
    ("base", "kind", "device_type"),
    [(SCS, 0x2A04, 0), (DWT, 0x1A02, 0), (FPB, 0x1A03, 0), (ITM, 0x1A01, 0x43)],
)
def test_components_are_coresight_ones_of_the_core(
    bus: Bus, base: int, kind: int, device_type: int
) -> None:
    words = [bus.read_word(base + offset) for offset in range(0xFBC, 0x1000, 4)]
    assert words[0] == 0x4770_0000 | kind  # Arm, present
    assert words[4] == device_type
    assert words[14] == 0x90  # CIDR1: class 9
    assert words[9] | (words[10] & 0xF) << 8 == CORTEX_M33  # PIDR0, PIDR1


def test_secure_debug_is_enabled(bus: Bus) -> None:
    assert bus.read_word(DHCSR) & 1 << 20
    assert bus.read_word(DAUTHSTATUS) == 0xFF


@pytest.mark.parametrize(("secure", "bits"), [(1, 1 << 16), (0, 0)])
def test_dscsr_tells_the_security_state(
    core: ScriptedCore, bus: Bus, secure: int, bits: int
) -> None:
    core.registers["secure"] = secure
    assert bus.read_word(DSCSR) == bits
    bus.write_word(DSCSR, 0xFFFF_FFFF)
    assert bus.read_word(DSCSR) == bits | 3


def test_dauthctrl_keeps_its_four_bits(bus: Bus) -> None:
    bus.write_word(DAUTHCTRL, 0xFFFF_FFFF)
    assert bus.read_word(DAUTHCTRL) == 0xF


@pytest.mark.parametrize(
    ("selector", "name"),
    [(24, "msp_ns"), (26, "msp_s"), (28, "msplim_s"), (31, "psplim_ns"), (36, "vpr"), (13, "sp")],
)
def test_banked_registers_have_selectors(
    core: ScriptedCore, bus: Bus, selector: int, name: str
) -> None:
    bus.write_word(DCRDR, 0x1234_5678)
    bus.write_word(DCRSR, selector | WRITE)
    assert core.registers[name] == 0x1234_5678
    bus.write_word(DCRDR, 0)
    bus.write_word(DCRSR, selector)
    assert bus.read_word(DCRDR) == 0x1234_5678


@pytest.mark.parametrize(("selector", "suffix"), [(20, ""), (34, "_s"), (35, "_ns")])
def test_each_state_has_its_packed_registers(
    core: ScriptedCore, bus: Bus, selector: int, suffix: str
) -> None:
    bus.write_word(DCRDR, 0x0201_2001)
    bus.write_word(DCRSR, selector | WRITE)
    assert {name: core.registers[name + suffix] for name in ("control", "faultmask")} == {
        "control": 2,
        "faultmask": 1,
    }
    assert core.registers["basepri" + suffix] == 0x20
    bus.write_word(DCRSR, selector)
    assert bus.read_word(DCRDR) == 0x0201_2001


def test_vectreset_is_no_reset(core: ScriptedCore, bus: Bus) -> None:
    bus.write_word(DEMCR, 1)
    bus.write_word(AIRCR, 0x05FA_0001)
    assert "reset" not in core.calls
    bus.write_word(AIRCR, 0x05FA_0004)
    assert "reset" in core.calls


@pytest.mark.parametrize(("match", "kind"), [(4, Watch.ACCESS), (5, Watch.WRITE), (6, Watch.READ)])
@pytest.mark.parametrize(("size_bits", "size"), [(0, 1), (1, 2), (2, 4)])
def test_watchpoints_tell_their_size(
    core: ScriptedCore, bus: Bus, match: int, kind: Watch, size_bits: int, size: int
) -> None:
    bus.write_word(DWT + 0x20, 0x2000_0010)
    bus.write_word(DWT + 0x28, size_bits << 10 | 1 << 4 | match)
    assert core.watchpoints == {(kind, 0x2000_0010, size)}
    bus.write_word(DWT + 0x28, 0)
    assert core.watchpoints == set()


def test_a_comparator_without_a_debug_event_stops_nothing(core: ScriptedCore, bus: Bus) -> None:
    bus.write_word(DWT + 0x20, 0x2000_0010)
    bus.write_word(DWT + 0x28, 2 << 10 | 5)
    assert core.watchpoints == set()
