"""What counts as a failure of a board, and what does not."""

from __future__ import annotations

import pytest

from harness.bench.board_health import BoardHealth
from harness.catalog import target
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
