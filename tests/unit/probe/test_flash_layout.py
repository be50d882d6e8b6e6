"""Layouts that pyOCD's flash algorithm of the STM32H743 would damage are refused."""

from __future__ import annotations

import pytest

from harness import catalog
from harness.domain.target import Memory, Region
from harness.errors import ConfigError
from harness.probe.parts import part_named, require_safe_layout
from harness.probe.programmer import open_board

SECTOR = 0x2_0000
FLASH = 0x0800_0000
RAM = Region(0x2000_0000, SECTOR)


def sectors(first: int, count: int) -> Region:
    return Region(FLASH + first * SECTOR, count * SECTOR)


def layout(code: Region, model_slot: Region) -> Memory:
    return Memory(code=code, ram=RAM, model_slot=model_slot, arena=Region(0x2400_0000, SECTOR))


@pytest.mark.parametrize(
    ("code", "model_slot"),
    [
        (sectors(0, 2), sectors(3, 12)),
        (sectors(0, 1), sectors(2, 1)),
        (sectors(0, 1), Region(FLASH + 2 * SECTOR, 100)),
        (sectors(0, 6), sectors(8, 7)),  # a bank each
        (sectors(13, 2), sectors(0, 12)),
        (Region(FLASH, 300_000), sectors(4, 3)),
        (RAM, Region(0x2400_0000, 2 * SECTOR)),
    ],
)
def test_a_sector_behind_each_region_makes_a_layout_safe(code: Region, model_slot: Region) -> None:
    require_safe_layout("stm32h743xx", layout(code, model_slot))


@pytest.mark.parametrize(
    ("code", "model_slot", "what"),
    [
        (
            sectors(0, 2),
            sectors(2, 10),
            "programming 'code' also erases 0x08040000 to 0x0805ffff, which would damage "
            "'model_slot'",
        ),
        (
            sectors(12, 1),
            sectors(4, 8),
            "programming 'model_slot' also erases 0x08180000 to 0x0819ffff, which would damage "
            "'code'",
        ),
        (  # the erase of bank 1's last sector reaches bank 2's first
            sectors(6, 2),
            sectors(8, 4),
            "programming 'code' also erases 0x08100000 to 0x0811ffff, which would damage "
            "'model_slot'",
        ),
        (  # the number behind the last sector wraps within bank 2
            sectors(0, 2),
            sectors(4, 12),
            "programming 'model_slot' also erases 0x08100000 to 0x0811ffff, which would damage "
            "itself",
        ),
        (
            sectors(8, 2),
            sectors(15, 1),
            "programming 'model_slot' also erases 0x08100000 to 0x0811ffff, which would damage "
            "'code'",
        ),
        (
            Region(FLASH, 0x1_0000),
            Region(FLASH + 0x1_0000, 0x1_0000),
            "programming 'code' also erases 0x08010000 to 0x0801ffff, which would damage "
            "'model_slot'",
        ),
    ],
)
def test_a_region_that_another_ones_erase_would_hit(
    code: Region, model_slot: Region, what: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        require_safe_layout("stm32h743xx", layout(code, model_slot))
    assert caught.value.what == what
    assert caught.value.where == "[memory] of a target with pyocd_target 'stm32h743xx'"
    assert caught.value.hint.startswith("Leave the flash sector behind '")


def test_the_layout_is_looked_at_before_the_probe() -> None:
    with pytest.raises(ConfigError, match="would damage 'model_slot'"):
        open_board("nobody", "STM32H743xx", memory=layout(sectors(0, 2), sectors(2, 10)))


@pytest.mark.parametrize("name", catalog.targets())
def test_every_target_of_this_repository_is_safe(name: str) -> None:
    target = catalog.target(name)
    require_safe_layout(target.pyocd_target, target.memory)


def test_other_parts_have_no_rules() -> None:
    assert part_named("cortex_m") is None
    require_safe_layout("cortex_m", layout(sectors(0, 2), sectors(2, 10)))
