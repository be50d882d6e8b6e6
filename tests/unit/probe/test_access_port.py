"""The memory access port: sizes, byte lanes, increments, and how much it saves the server."""

import pytest
from devices.scripted_core import ScriptedCore
from hypothesis import given
from hypothesis import strategies as st

from harness.probe.access_port import BASE, BD0, CFG, CSW, DRW, IDR, TAR, AccessPort
from harness.probe.bus import Bus

WORD, HALF, BYTE, NO_INCREMENT = 0x12, 0x11, 0x10, 0x02
RAM = 0x2000_0000


def port_on(core: ScriptedCore) -> AccessPort:
    return AccessPort(Bus(core))


def test_it_identifies_as_an_ahb_port_with_a_rom_table() -> None:
    port = port_on(ScriptedCore())
    assert port.read(IDR) & 0x0FFF_E00F == 0x0477_0001
    assert port.read(BASE) == 0xE00F_F003
    assert port.read(CFG) == 0


def test_csw_reports_access_as_enabled_and_refuses_sizes_it_lacks() -> None:
    port = port_on(ScriptedCore())
    port.write(CSW, 0x2300_0013)  # 64 bit
    assert port.read(CSW) & 0x7 == 2
    assert port.read(CSW) & 0x0080_0040 == 0x0080_0040


@pytest.mark.parametrize(
    ("csw", "address", "drw", "stored"),
    [
        (WORD, RAM, 0x44332211, {0: 0x11, 1: 0x22, 2: 0x33, 3: 0x44}),
        (HALF, RAM + 2, 0x44332211, {2: 0x33, 3: 0x44}),
        (HALF, RAM, 0x44332211, {0: 0x11, 1: 0x22}),
        (BYTE, RAM + 3, 0x44332211, {3: 0x44}),
        (BYTE, RAM + 1, 0x44332211, {1: 0x22}),
    ],
)
def test_narrow_accesses_use_their_byte_lanes(
    csw: int, address: int, drw: int, stored: dict[int, int]
) -> None:
    core = ScriptedCore()
    port = port_on(core)
    port.write(CSW, csw)
    port.write(TAR, address)
    port.write(DRW, drw)
    assert core.memory == {RAM + offset: value for offset, value in stored.items()}
    port.write(TAR, address)
    lanes = sum(0xFF << 8 * offset for offset in stored)
    assert port.read(DRW) == drw & lanes


@given(
    start=st.integers(0, 0x1FF).map(lambda n: RAM + 0xE00 + n * 4),
    counts=st.lists(st.integers(1, 200), min_size=1, max_size=6),
)
def test_a_burst_equals_single_accesses(start: int, counts: list[int]) -> None:
    burst, single = ScriptedCore(), ScriptedCore()
    one, many = port_on(single), port_on(burst)
    for port in (one, many):
        port.write(CSW, WORD)
        port.write(TAR, start)
    value = 0
    for count in counts:
        values = [0x01000193 * (value + n) & 0xFFFF_FFFF for n in range(count)]
        value += count
        many.write_drw(values)
        for each in values:
            one.write(DRW, each)
    assert burst.memory == single.memory
    assert one.read(TAR) == many.read(TAR)
    for port in (one, many):
        port.write(TAR, start)
    assert many.read_drw(counts[0]) == [one.read(DRW) for _ in range(counts[0])]


def test_the_address_wraps_within_4_kilobytes() -> None:
    core = ScriptedCore()
    port = port_on(core)
    port.write(CSW, WORD)
    port.write(TAR, RAM + 0xFFC)
    port.write_drw([1, 2])
    assert core.memory[RAM + 0xFFC] == 1
    assert core.memory[RAM] == 2


def test_without_increment_one_register_is_written_again_and_again() -> None:
    core = ScriptedCore()
    port = port_on(core)
    port.write(CSW, NO_INCREMENT)
    port.write(TAR, 0x4000_4000)
    port.write_drw([1, 2, 3])
    assert core.calls == ["write 0x40004000+4"] * 3
    assert port.read(TAR) == 0x4000_4000


def test_a_burst_of_words_is_one_access() -> None:
    core = ScriptedCore()
    port = port_on(core)
    port.write(CSW, WORD)
    port.write(TAR, RAM)
    port.write_drw(list(range(1024)))
    assert core.calls == ["write 0x20000000+4096"]


def test_banked_data_registers_reach_the_16_bytes_at_tar() -> None:
    core = ScriptedCore()
    port = port_on(core)
    port.write(TAR, RAM + 4)
    port.write(BD0 + 8, 0xAABBCCDD)
    assert core.memory == {RAM + 8: 0xDD, RAM + 9: 0xCC, RAM + 10: 0xBB, RAM + 11: 0xAA}
    assert port.read(BD0 + 8) == 0xAABBCCDD


def test_identification_is_read_without_asking_the_core() -> None:
    core = ScriptedCore()
    port = port_on(core)
    port.write(CSW, WORD)
    port.write(TAR, 0xE00F_FFD0)
    # PIDR4 4 (continuations), PIDR0-2 part 0x4C7 by Arm, CIDR class 1.
    assert port.read_drw(12) == [4, 0, 0, 0, 0xC7, 0xB4, 0x0B, 0, 0x0D, 0x10, 0x05, 0xB1]
    assert core.calls == []
