"""Each way in which a link goes wrong, over TCP and a pseudo-terminal: what is kept of the case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bench_desk import Desk, DeskDevice, MemoryBoard
from builders.records import run_info
from devices import hostile
from devices.hostile import Hostile
from devices.scripted import ScriptedDevice

from harness.bench.events import nobody
from harness.bench.rig import Deadlines
from harness.bench.run import run_cases
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus
from harness.errors import LinkTimeout
from harness.results import open_store

When = Callable[[ScriptedDevice], bool]


def hello(device: ScriptedDevice) -> bool:
    return not device.seen


def describe(device: ScriptedDevice) -> bool:
    return bool(device.seen)


def second(device: ScriptedDevice) -> bool:
    """Input 0 was run, behind one warm-up."""
    return device.runs == 2


RESET = "input 1 repeated: the device had been reset"
MUTE = "input 1 repeated: the device was mute for 1 s and was reset"
CLOSED = "input 1 repeated: the port was closed and opened again"

# Fault, where it strikes, frames repeated, incidents.
HARMLESS = [
    (hostile.lost_on_the_way_out, second, 2, None),
    (hostile.lost_on_the_way_in, second, 1, None),
    (hostile.doubled_on_the_way_out, second, 2, None),
    (hostile.doubled_on_the_way_in, second, 1, None),
    (hostile.frames_doubled, second, 0, None),
    (hostile.corrupted_on_the_way_out, second, 2, None),
    (hostile.corrupted_on_the_way_in, second, 1, None),
    (hostile.all_lost_on_the_way_in, second, 2, None),
    (hostile.garbage, hello, 0, None),
    (hostile.garbage, second, 1, None),
    (hostile.banner, hello, 0, None),
    (hostile.lost_on_the_way_in, describe, 0, None),
    (hostile.reset_with_a_banner, second, 2, RESET),
    (hostile.reset_without_a_word, second, 2, RESET),
    (hostile.stuck, second, None, MUTE),
    (hostile.unplugged, second, 0, CLOSED),
]


class HealingBoard(MemoryBoard):
    """A board whose reset makes its device hear again."""

    device: DeskDevice

    def reset_and_run(self) -> None:
        super().reset_and_run()
        self.device.reset()
        self.device.deaf = False


@pytest.fixture(params=["tcp", "pty"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, board=HealingBoard(), deadlines=Deadlines(inference_s=1.0))
    desk.board.device = desk.device  # type: ignore[attr-defined]
    desk.device.described = False
    behind = hostile.behind_tcp
    if request.param == "pty":
        behind = lambda device: hostile.behind_pty(device, tmp_path)  # noqa: E731
    desk.behind = behind  # type: ignore[attr-defined]
    return desk


def kept(desk: Desk, fault: hostile.Fault, at: When) -> CaseRecord:
    """Run a case against the fault; return what is in the store afterwards, the only record."""
    desk.link = lambda device: desk.behind(Hostile(device, fault, at))  # type: ignore[attr-defined]
    store = open_store(desk.folder / "results.db")
    run_cases([desk.prepared(warmup=1, repeat=1)], desk.rig, store, store.begin(run_info()), nobody)
    (run,) = store.runs()
    (record,) = store.cases(run.id)
    return record


@pytest.mark.parametrize(
    ("fault", "at", "repeated", "incidents"),
    HARMLESS,
    ids=[f"{fault.__name__}-{at.__name__}" for fault, at, *_ in HARMLESS],
)
def test_what_the_link_survives(
    desk: Desk, fault: hostile.Fault, at: When, repeated: int | None, incidents: str | None
) -> None:
    record = kept(desk, fault, at)
    assert (record.status, record.error_message) == (CaseStatus.OK, None)
    equal, count = record.reading("vectors_equal"), record.reading("instructions")
    assert isinstance(equal, Measurement)
    assert isinstance(count, Measurement)
    assert (equal.value, equal.n, count.n) == (4, 4, 4)
    assert record.incidents == incidents
    if repeated is not None:
        assert record.frames_repeated == repeated
    # Warmed up once, and once more after a reset; the run of which nothing is known is not counted.
    again = 1 if incidents else 0
    assert desk.device.runs == 5 + again


def failing(desk: Desk, fault: hostile.Fault, kind: type[Exception]) -> CaseRecord:
    record = kept(desk, fault, second)
    assert (record.status, record.error_class) == (CaseStatus.FAILED, kind.__name__)
    assert record.readings == ()
    return record


def test_a_line_that_stays_stuck_is_a_failed_case_and_nothing_else(desk: Desk) -> None:
    desk.board.reset_and_run = lambda: desk.board.steps.append("reset")  # type: ignore[method-assign]
    desk.deadlines = Deadlines(handshake_s=0.3, inference_s=1.0)
    record = failing(desk, hostile.stuck, LinkTimeout)
    assert "no answer to INPUT 0 at byte 0 within 1 s" in (record.error_message or "")
    assert record.incidents == "input 1 repeated: the device was mute for 1 s and was reset"
