"""What pyOCD's algorithm for the STM32H743 does wrong gives an error or does not matter.

A virtual chip runs the algorithm as machine code; its flash is read back past the debug port.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders.elf_builder import write_elf
from devices.virtual_board import FLASH, SECTOR, VirtualBoard, needs_unicorn

from harness.errors import FlashFailed, VerifyFailed
from harness.probe.programmer import Board, IsolatedBoard, open_board

pytestmark = needs_unicorn

TARGET = "stm32h743xx"
CODE = FLASH
SLOT = 0x0806_0000
AXI_SRAM = 0x2400_0000
BOUND_S = 30.0


@pytest.fixture
def chip(tmp_path: Path) -> VirtualBoard:
    return VirtualBoard(tmp_path)


@contextmanager
def opened(
    chip: VirtualBoard, *faults: str, deadline_s: float | None = None
) -> Iterator[Board | IsolatedBoard]:
    with (
        chip.powered(*faults) as uid,
        open_board(uid, TARGET, memory=chip.target.memory, deadline_s=deadline_s) as board,
    ):
        yield board


def firmware(tmp_path: Path, seed: int = 0) -> tuple[Path, dict[int, bytes]]:
    """Two sectors with something in each; `seed` changes one byte of the first."""
    first = bytearray(bytes(range(256)) * 4)
    first[100] ^= seed
    segments = {CODE: bytes(first), CODE + SECTOR: b"second sector" * 50}
    return write_elf(tmp_path / f"firmware-{seed}.elf", segments), segments


def require_in_flash(chip: VirtualBoard, segments: dict[int, bytes]) -> None:
    for address, data in segments.items():
        assert chip.flash(address, len(data)) == data


def test_image_a_then_b_with_one_byte_changed_is_b(chip: VirtualBoard, tmp_path: Path) -> None:
    (elf_a, a), (elf_b, b) = firmware(tmp_path), firmware(tmp_path, seed=1)
    model_a = os.urandom(SECTOR + 999)
    model_b = bytes([model_a[0] ^ 1]) + model_a[1:]
    with chip.powered() as uid:
        for elf, segments, model in ((elf_a, a, model_a), (elf_b, b, model_a), (elf_b, b, model_b)):
            with open_board(uid, TARGET, memory=chip.target.memory) as board:
                board.program(elf)
                board.write(SLOT, model)
                board.verify_elf(elf)
                board.verify(SLOT, model)
            require_in_flash(chip, {**segments, SLOT: model})


def test_pyocds_own_way_corrupts_the_second_image(chip: VirtualBoard, tmp_path: Path) -> None:
    """The test above can fail: this is what it would see if the harness used smart_flash."""
    from pyocd.core.helpers import ConnectHelper
    from pyocd.flash.file_programmer import FileProgrammer

    (elf_a, a), (elf_b, b) = firmware(tmp_path), firmware(tmp_path, seed=1)
    with chip.powered() as uid:
        for elf in (elf_a, elf_b):
            with ConnectHelper.session_with_chosen_probe(
                unique_id=uid,
                options={"target_override": TARGET, "no_config": True, "smart_flash": True},
            ) as session:
                FileProgrammer(session, progress=lambda fraction: None).program(str(elf))
        require_in_flash(chip, {CODE: b[CODE]})
        assert chip.flash(CODE + SECTOR, 650) == b"\xff" * 650
        assert a[CODE + SECTOR] == b[CODE + SECTOR]
        with open_board(uid, TARGET) as board, pytest.raises(VerifyFailed, match="650 of 650"):
            board.verify_elf(elf_b)


def test_nothing_is_flashed_where_the_read_back_equals(chip: VirtualBoard, tmp_path: Path) -> None:
    elf, _ = firmware(tmp_path)
    model = b"\x02" * 500
    with opened(chip) as board:
        board.program(elf)
        board.write(SLOT, model)
    with opened(chip, "busy=1", deadline_s=2.0) as board:  # the first erase would never end
        board.program(elf)
        board.write(SLOT, model)
        board.verify_elf(elf)
        board.verify(SLOT, model)
        with pytest.raises(FlashFailed, match="timed out"):
            board.write(SLOT, b"\x04" * 500)


def test_only_the_region_that_differs_is_flashed(chip: VirtualBoard, tmp_path: Path) -> None:
    elf, _ = firmware(tmp_path)
    changed, segments = firmware(tmp_path, seed=2)
    model, newer = b"\x02" * 500, b"\x04" * 500
    with opened(chip) as board:
        board.program(elf)
        board.write(SLOT, model)
    with opened(chip, f"stuck-bit={SLOT}") as board:  # shows where it is programmed again
        board.program(changed)
        board.write(SLOT, model)
        board.verify_elf(changed)
        board.verify(SLOT, model)
        require_in_flash(chip, {**segments, SLOT: model})
        board.write(SLOT, newer)
        with pytest.raises(VerifyFailed, match="holds 0x05 and should hold 0x04"):
            board.verify(SLOT, newer)
    with opened(chip, f"stuck-bit={CODE}") as board:
        board.program(changed)
        board.write(SLOT, newer)
        board.verify_elf(changed)
        board.verify(SLOT, newer)
    require_in_flash(chip, {**segments, SLOT: newer})


def put(board: Board | IsolatedBoard, region: int, tmp_path: Path) -> None:
    """Program firmware or model, and verify it."""
    if region == SLOT:
        board.write(SLOT, b"\x02" * 2000)
        board.verify(SLOT, b"\x02" * 2000)
    else:
        elf = write_elf(tmp_path / "even.elf", {CODE: b"\x02" * 2000})
        board.program(elf)
        board.verify_elf(elf)


REGIONS = pytest.mark.parametrize("region", [CODE, SLOT], ids=["firmware", "model"])


@REGIONS
def test_write_protection_that_the_algorithm_does_not_notice(
    chip: VirtualBoard, tmp_path: Path, region: int
) -> None:
    with (
        opened(chip, "write-protect") as board,
        pytest.raises(VerifyFailed, match=f"{region:#010x} holds 0xff and should hold 0x02; 2,000"),
    ):
        put(board, region, tmp_path)


@REGIONS
def test_one_bit_that_does_not_take(chip: VirtualBoard, tmp_path: Path, region: int) -> None:
    at = region + 1234
    with (
        opened(chip, f"stuck-bit={at}") as board,
        pytest.raises(VerifyFailed) as caught,
    ):
        put(board, region, tmp_path)
    assert caught.value.what == (
        f"{at:#010x} holds 0x03 and should hold 0x02; 1 of 2,000 bytes from {region:#010x} differ"
    )


def test_a_controller_that_stays_busy_is_given_up(chip: VirtualBoard, tmp_path: Path) -> None:
    start = time.monotonic()
    with (
        opened(chip, "busy=1", deadline_s=2.0) as board,
        pytest.raises(FlashFailed, match="timed out") as caught,
    ):
        put(board, CODE, tmp_path)
    assert time.monotonic() - start < BOUND_S
    assert "pyOCD failed while programming even.elf" in caught.value.what


def test_another_chip_than_the_target_says(chip: VirtualBoard) -> None:
    with pytest.raises(FlashFailed) as caught:
        opened(chip, "device-id=0x451").__enter__()
    assert caught.value.what == (
        "the board is not what its pyocd_target says: "
        "IDC.DEV_ID 0x451 did not match expected. 0x450"
    )
    assert "wired to this board" in caught.value.hint


@REGIONS
def test_power_lost_in_mid_erase_is_an_error_and_the_next_session_mends_it(
    chip: VirtualBoard, tmp_path: Path, region: int
) -> None:
    with opened(chip) as board:
        put(board, region, tmp_path)

    def cut() -> None:
        with opened(chip, "power-loss=1", deadline_s=2.0) as board:
            board.write(region, b"\x01" * 2000)

    start = time.monotonic()
    with pytest.raises(FlashFailed, match="pyOCD failed while writing 2,000 bytes at"):
        cut()
    assert time.monotonic() - start < BOUND_S
    assert chip.flash(region, 1) == b"\xff"
    with opened(chip) as board:
        put(board, region, tmp_path)
    assert chip.flash(region, 2000) == b"\x02" * 2000


@pytest.mark.parametrize(
    ("victim", "culprit"),
    [
        (CODE + SECTOR, CODE),
        (FLASH + 8 * SECTOR, FLASH + 7 * SECTOR),
        (FLASH + 8 * SECTOR, FLASH + 15 * SECTOR),
    ],
    ids=["next sector", "next bank", "behind the last sector"],
)
def test_an_erase_that_reaches_the_other_region_is_found_and_told(
    chip: VirtualBoard, victim: int, culprit: int
) -> None:
    """No layout that the harness takes has such regions; this is what verifying both is for."""
    with chip.powered() as uid, open_board(uid, TARGET) as board:
        board.write(victim, b"\x02" * 64)
        board.verify(victim, b"\x02" * 64)
        board.write(culprit, b"\x04" * 32)
        board.verify(culprit, b"\x04" * 32)
        with pytest.raises(VerifyFailed) as caught:
            board.verify(victim, b"\x02" * 64)
    assert caught.value.what.endswith(
        f"64 of 64 bytes from {victim:#010x} differ, all erased: "
        f"programming 32 bytes at {culprit:#010x} afterwards reached too far"
    )


def test_axi_sram_that_pyocds_map_lacks(chip: VirtualBoard, tmp_path: Path) -> None:
    elf = write_elf(tmp_path / "ram.elf", {CODE: b"\x02" * 64, AXI_SRAM: b"data"})
    with opened(chip) as board:
        board.program(elf)
        board.verify_elf(elf)
        board.write(AXI_SRAM + 4, b"more")
        assert board.read(AXI_SRAM, 8) == b"datamore"


def test_a_process_of_its_own_flashes_alike(chip: VirtualBoard, tmp_path: Path) -> None:
    phases: dict[str, float] = {}
    with (
        chip.powered() as uid,
        open_board(uid, TARGET, isolated=True, on_progress=phases.__setitem__) as board,
    ):
        put(board, CODE, tmp_path)
        put(board, SLOT, tmp_path)
    assert chip.flash(SLOT, 2000) == chip.flash(CODE, 2000) == b"\x02" * 2000
    assert {phases[phase] for phase in ("program", "write", "verify")} == {1.0}
