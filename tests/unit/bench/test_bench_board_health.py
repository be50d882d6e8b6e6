"""What counts as a failure of a board, and what does not."""

from __future__ import annotations

import pytest

from harness.bench.board_health import BoardHealth
from harness.catalog import target
from harness.domain.desk import Desk, DeskBoard
from harness.errors import (
    BoardBroken,
    BoardNotFound,
    FlashFailed,
    KernelRefused,
    PortNotFound,
    ProbeBusy,
    SimulatorDied,
)

OPENMV = target("openmv-h7")


@pytest.mark.parametrize(
    "error",
    [
        None,
        BoardNotFound("none is connected"),
        ProbeBusy("in use by somebody"),
        SimulatorDied("ended"),
        KernelRefused("no", operator=0, status=-1),
    ],
)
def test_what_is_not_the_board_s_fault_breaks_none(error: Exception | None) -> None:
    health = BoardHealth()
    for _ in range(3):
        health.note(OPENMV, error)
    health.require_sound(OPENMV)


def test_two_faults_of_any_kind_break_it() -> None:
    health = BoardHealth()
    health.note(OPENMV, FlashFailed("pyOCD failed"))
    health.require_sound(OPENMV)
    health.note(OPENMV, PortNotFound("the serial port is gone"))
    with pytest.raises(BoardBroken, match="2 times in this run, at last with PortNotFound: the se"):
        health.require_sound(OPENMV)


FIRST, SECOND = (DeskBoard("openmv-h7", f"PROBE{number}", "COM1") for number in (1, 2))
OTHER = DeskBoard("nucleo-h743zi", "PROBE3", "COM3")


def test_of_two_boards_the_one_that_failed_twice_is_left_out() -> None:
    health, desk = BoardHealth(), Desk((FIRST, SECOND, OTHER), "rig.toml")
    for _ in range(2):
        assert health.sound(desk, OPENMV) == desk
        health.lend(OPENMV, FIRST.probe_uid)
        health.note(OPENMV, FlashFailed("pyOCD failed"))
    health.require_sound(OPENMV)
    assert health.sound(desk, OPENMV) == Desk((SECOND, OTHER), "rig.toml")

    health.lend(OPENMV, SECOND.probe_uid)
    health.note(OPENMV, FlashFailed("pyOCD failed"))
    health.note(OPENMV, FlashFailed("nothing answers", where="probe PROBE2"))
    with pytest.raises(BoardBroken) as caught:
        health.sound(desk, OPENMV)
    assert caught.value.what == (
        "skipped because each of its 2 boards failed 2 times in this run, "
        "at last with FlashFailed: nothing answers"
    )
    assert caught.value.where == "probe PROBE2"
    assert health.sound(desk, target("nucleo-h743zi")) == Desk((OTHER,), "rig.toml")


def test_one_failure_each_breaks_no_board() -> None:
    health, desk = BoardHealth(), Desk((FIRST, SECOND))
    for board in (FIRST, SECOND):
        health.lend(OPENMV, board.probe_uid)
        health.note(OPENMV, FlashFailed("pyOCD failed"))
    assert health.sound(desk, OPENMV) == desk


def test_a_target_without_a_board_is_left_to_who_tells_that_better() -> None:
    assert BoardHealth().sound(Desk((OTHER,)), OPENMV) == Desk((OTHER,))
