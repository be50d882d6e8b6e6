"""Firmware of every real board: it builds, and lies where a programmer may write it."""

from __future__ import annotations

import os
import re
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness import catalog
from harness.build import build_firmware
from harness.build.parts import read_parts
from harness.domain.firmware import Firmware
from harness.domain.target import Region, Target
from harness.domain.units import Fidelity

FLASH = 0x0800_0000
KIB = 1024
# Sectors in order, in KiB: RM0433 (STM32H743, two banks of eight), RM0385 (STM32F746), FLASH.
SECTORS = {"stm32h7": [128] * 16, "stm32f7": [32] * 4 + [128] + [256] * 3}
# DTCM and the SRAM behind the AXI bus: the memory maps of RM0433 and RM0385.
RAM = {
    "stm32h7": [Region(0x2000_0000, 128 * KIB), Region(0x2400_0000, 512 * KIB)],
    "stm32f7": [Region(0x2000_0000, 64 * KIB), Region(0x2001_0000, 256 * KIB)],
}
BOARDS = sorted(name for name, one in catalog.targets().items() if one.fidelity is Fidelity.SILICON)
KERNEL_SETS = ["reference", "cmsis-nn"]


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of this test run's own, unless one is given."""
    given = os.environ.get("HARNESS_CACHE")
    return Path(given) if given else tmp_path_factory.mktemp("cache")


def build(cache_dir: Path, board: Target, kernel_set: str, variant: str = "O2") -> Firmware:
    return build_firmware(
        board,
        catalog.kernel_set(kernel_set),
        catalog.build_variant(variant),
        cache_dir=cache_dir,
        firmware_root=catalog.firmware_root(),
        port_directory=catalog.port_directory(board.port),
    )


def segments(elf: Path) -> list[tuple[int, int, int, int]]:
    """What is loaded: virtual and physical address, bytes in the file and in memory."""
    told = subprocess.run(
        ["arm-none-eabi-readelf", "-lW", elf],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    lines = [line.split() for line in told.splitlines() if line.split()[:1] == ["LOAD"]]
    return [tuple(int(word, 16) for word in line[2:6]) for line in lines]  # type: ignore[misc]


def inside(start: int, length: int, region: Region) -> bool:
    return region.origin <= start and start + length <= region.origin + region.length


def sectors(board: Target) -> list[Region]:
    found, at = [], FLASH
    for kib in SECTORS[board.port]:
        found.append(Region(at, kib * KIB))
        at += kib * KIB
    return found


def of(board: Target, region: Region) -> list[int]:
    """Which sectors a region touches."""
    end = region.origin + region.length
    return [
        number
        for number, sector in enumerate(sectors(board))
        if sector.origin < end and region.origin < sector.origin + sector.length
    ]


def test_these_boards_are_there() -> None:
    assert {"openmv-h7", "nucleo-h743zi", "nucleo-f746zg"} <= set(BOARDS)


@pytest.mark.parametrize("name", BOARDS)
def test_regions_are_whole_sectors_with_an_empty_one_in_between(name: str) -> None:
    board = catalog.target(name)
    all_sectors = sectors(board)
    code, slot = of(board, board.memory.code), of(board, board.memory.model_slot)
    for numbers, region in ((code, board.memory.code), (slot, board.memory.model_slot)):
        assert all_sectors[numbers[0]].origin == region.origin
        last = all_sectors[numbers[-1]]
        assert last.origin + last.length == region.origin + region.length
    assert code[0] == 0
    assert code[-1] + 2 <= slot[0]
    for region in (board.memory.ram, board.memory.arena):
        assert any(inside(region.origin, region.length, known) for known in RAM[board.port])


@pytest.mark.parametrize("name", [name for name in BOARDS if "h7" in name])
def test_the_sector_behind_the_model_slot_is_there_and_empty(name: str) -> None:
    # Erasing it would wipe the first sector of bank 2 with the algorithm of pyOCD 0.46.
    board = catalog.target(name)
    assert of(board, board.memory.model_slot)[-1] == len(sectors(board)) - 2


@pytest.mark.parametrize("kernel_set", KERNEL_SETS)
@pytest.mark.parametrize("name", BOARDS)
def test_firmware_lies_in_its_code_region_and_nowhere_else(
    cache_dir: Path, name: str, kernel_set: str
) -> None:
    board = catalog.target(name)
    firmware = build(cache_dir, board, kernel_set)
    assert (firmware.target, firmware.kernel_set) == (name, kernel_set)
    memory = board.memory
    loaded = [one for one in segments(firmware.elf) if one[2]]
    assert loaded
    for virtual, physical, in_file, in_memory in loaded:
        assert inside(physical, in_file, memory.code)
        home = memory.code if virtual == physical else memory.ram
        assert inside(virtual, in_memory, home)
    # Arm's boot rule: at the start the stack's top, then the reset vector with the Thumb bit.
    assert min(physical for _, physical, _, _ in loaded) == memory.code.origin == FLASH
    raw = subprocess.run(
        ["arm-none-eabi-objcopy", "-O", "binary", "-j", ".vectors", firmware.elf, "/dev/stdout"],
        check=True,
        capture_output=True,
        timeout=60,
    ).stdout
    stack, reset = struct.unpack_from("<II", raw)
    assert stack == memory.ram.origin + memory.ram.length
    assert reset % 2 == 1
    assert inside(reset - 1, 2, memory.code)
    (usart3,) = struct.unpack_from("<I", raw, 4 * (16 + 39))  # RM0433 and RM0385, NVIC
    assert usart3 % 2 == 1
    assert inside(usart3 - 1, 2, memory.code)
    assert firmware.ram_bytes <= memory.ram.length
    assert firmware.device_headers is not None
    assert firmware.device_headers.name == board.device_header


ROW = re.compile(r"(?m)^\| `(\S+)` \| (\S+) \| ([\d,]+) of ([\d,]+) \| ([\d,]+) of ([\d,]+) \|$")


def test_sizes_in_the_readme_are_those_of_the_build(cache_dir: Path) -> None:
    text = (catalog.firmware_root() / "README.md").read_text(encoding="utf-8")
    rows = [match.groups() for match in ROW.finditer(text)]
    assert {(name, kernel_set) for name, kernel_set, *_ in rows} == {
        (name, kernel_set) for name in BOARDS for kernel_set in KERNEL_SETS
    }
    for name, kernel_set, *numbers in rows:
        board = catalog.target(name)
        flash, flash_region, ram, ram_region = (int(n.replace(",", "")) for n in numbers)
        assert (flash_region, ram_region) == (board.memory.code.length, board.memory.ram.length)
        firmware = build(cache_dir, board, kernel_set)
        # Another release of the compiler makes other code of the same sources.
        assert flash == pytest.approx(firmware.flash_bytes, rel=0.05)
        assert ram == pytest.approx(firmware.ram_bytes, rel=0.05)


def test_no_place_of_this_machine_is_in_the_elf(cache_dir: Path) -> None:
    firmware = build(cache_dir, catalog.target("openmv-h7"), "cmsis-nn")
    content = firmware.elf.read_bytes()
    assert firmware.device_headers is not None
    for folder in (*firmware.device_headers.include, cache_dir, catalog.firmware_root()):
        assert str(folder).encode() not in content
    assert b"device-headers" in content


def test_caches_are_off_in_a_build_variant(cache_dir: Path) -> None:
    # Enabling a cache invalidates it first, through ICIALLU (0xE000EF50) and DCISW (0xE000EF60):
    # 592 and 608 bytes from the System Control Block (Armv7-M Architecture Reference Manual, B3.2).
    def invalidated(variant: str) -> set[str]:
        firmware = build(cache_dir, catalog.target("openmv-h7"), "reference", variant)
        code = subprocess.run(
            ["arm-none-eabi-objdump", "-d", "--disassemble=port_init", firmware.elf],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        return set(re.findall(r"str\S*\s+r\d+, \[\w+, #(592|608)\]", code))

    assert invalidated("O2") == {"592", "608"}
    assert invalidated("nocache") == set()


def test_parts_of_a_board_s_firmware_add_up(cache_dir: Path) -> None:
    firmware = build(cache_dir, catalog.target("openmv-h7"), "cmsis-nn")
    parts = read_parts(firmware.elf, "cmsis-nn")
    sizes = {part.name: part.flash_bytes for part in parts.parts}
    assert sum(sizes.values()) == firmware.flash_bytes
    assert 500 < sizes["port"] < 4000


def test_the_arena_may_lie_in_dtcm_by_definition(cache_dir: Path) -> None:
    board = catalog.target("openmv-h7")
    memory = replace(
        board.memory,
        ram=Region(0x2400_0000, 64 * KIB),
        arena=Region(0x2000_0000, 128 * KIB),
    )
    firmware = build(cache_dir, replace(board, memory=memory), "reference")
    told = subprocess.run(
        ["arm-none-eabi-nm", firmware.elf], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    symbols = {line.split()[2]: int(line.split()[0], 16) for line in told.splitlines()}
    assert symbols["harness_arena"] == 0x2000_0000
    assert symbols["harness_arena_bytes"] == 128 * KIB
    assert symbols["harness_stack_top"] == 0x2401_0000
