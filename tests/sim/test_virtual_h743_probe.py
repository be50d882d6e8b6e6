"""pyOCD on the virtual STM32H743: its own flash algorithm, a flash kept in a file, and options."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from devices.h743_firmware import COUNTING, FLASH, RESULT, assemble, target
from devices.mps2_firmware import needs_assembler

from harness.errors import SimulatorDied
from harness.machine import start_machine
from harness.probe.programmer import open_board

PYOCD = "stm32h743xx"
DEADLINE_S = 20.0


def test_pyocds_algorithm_programs_300_kilobytes(tmp_path: Path) -> None:
    data = random.Random(4).randbytes(300 * 1024)
    with start_machine(target(), tmp_path) as at, open_board(at.probe_uid, PYOCD) as board:
        board.write(FLASH, data)
        assert board.read(FLASH, len(data)) == data


def test_the_flash_outlives_the_process_in_its_file(tmp_path: Path) -> None:
    image = tmp_path / "flash.bin"
    data = bytes(range(256)) * 8
    board_with_file = target(flash_image=str(image))
    with (
        start_machine(board_with_file, tmp_path) as at,
        open_board(at.probe_uid, PYOCD) as board,
    ):
        board.write(FLASH, data)
    assert image.read_bytes()[: len(data)] == data
    with (
        start_machine(board_with_file, tmp_path) as at,
        open_board(at.probe_uid, PYOCD) as board,
    ):
        assert board.read(FLASH, len(data)) == data


@needs_assembler
def test_a_program_runs_and_halts(tmp_path: Path) -> None:
    elf = assemble(COUNTING, tmp_path)
    with start_machine(target(), tmp_path) as at, open_board(at.probe_uid, PYOCD) as board:
        board.program(elf)
        board.verify_elf(elf)
        board.reset_and_run()
        deadline = time.monotonic() + DEADLINE_S
        while int.from_bytes(board.read(RESULT, 4), "little") < 1000:
            assert time.monotonic() < deadline
        board.halt()
        held = board.read(RESULT, 4)
        assert board.read(RESULT, 4) == held


@pytest.mark.parametrize("fault", ["smoke", "busy=x", "busy=-1"])
def test_an_unknown_fault_is_told_in_the_servers_words(fault: str, tmp_path: Path) -> None:
    with (
        pytest.raises(SimulatorDied, match="ended with exit status 1") as died,
        start_machine(target(faults=fault), tmp_path),
    ):
        pass
    assert "--fault:" in died.value.what


def test_without_a_compiler_there_is_no_counter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    with start_machine(target(), tmp_path) as at:
        assert at.no_counter == "no C compiler on PATH (cc, gcc, clang)"
