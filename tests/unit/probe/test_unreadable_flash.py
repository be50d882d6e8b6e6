"""Flash that cannot be read, as after a power cut in mid-erase, is programmed and not given up."""

from __future__ import annotations

from collections.abc import Iterator

import pyocd.probe.aggregator  # noqa: F401 (pyOCD loads our probe, not the other way round)
import pytest
from devices.scripted_core import ScriptedCore

from harness.errors import FlashFailed
from harness.probe import gdb_probe
from harness.probe.programmer import Board, IsolatedBoard, open_board

SLOT = 0x0806_0000
CPUID, CORTEX_M7 = 0xE000_ED00, b"\x72\xc2\x1f\x41"
DBGMCU_IDCODE, STM32H743 = 0x5C00_1000, b"\x50\x64\x03\x20"


class Ecc(ScriptedCore):
    """Reading the slot is a bus error."""

    def __init__(self) -> None:
        super().__init__(unmapped=range(SLOT, SLOT + 0x2_0000))
        self.memory.update(enumerate(CORTEX_M7, CPUID))
        self.memory.update(enumerate(STM32H743, DBGMCU_IDCODE))


@pytest.fixture
def core() -> Ecc:
    return Ecc()


@pytest.fixture
def board(core: Ecc, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board | IsolatedBoard]:
    monkeypatch.setattr(gdb_probe, "open_backend", lambda *at, **options: core)
    with open_board("gdb:127.0.0.1:3333", "stm32h743xx", deadline_s=0.5) as opened:
        yield opened


def test_the_comparison_takes_a_bus_error_for_a_difference(
    board: Board | IsolatedBoard, core: Ecc
) -> None:
    # The scripted core runs no algorithm: that one is started at all is what is tested.
    with pytest.raises(
        FlashFailed, match="pyOCD failed while writing 64 bytes at 0x08060000"
    ) as caught:
        board.write(SLOT, bytes(64))
    assert "timed out" in caught.value.what
    assert "resume" in core.calls


def test_reading_it_is_an_error(board: Board | IsolatedBoard) -> None:
    with pytest.raises(FlashFailed, match=r"while reading 64 bytes at 0x08060000.*transfer fault"):
        board.verify(SLOT, bytes(64))
