"""What each stage took: heard from events, on a clock that the test moves."""

from __future__ import annotations

import json

from bench_desk import Desk
from builders.records import case_record
from rich.console import Console

from harness.bench.events import CaseFinished, CaseStarted, Computed, Event, Stage, StageStarted
from harness.bench.timings import COMPUTE, TRANSFER, StageTimes
from harness.domain.plan import Case
from harness.report import records_to_json, timings_table


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def timed(case: Case, *steps: tuple[Event, float]) -> StageTimes:
    """Tell each event; the seconds are those until the next one."""
    clock = Clock()
    times = StageTimes(clock)
    for event, seconds in steps:
        times(event)
        clock.now += seconds
    return times


def a_case(desk: Desk) -> Case:
    return desk.prepared().case


FINISHED = (CaseFinished(case_record()), 0.0)


def test_streaming_is_split_into_transfer_and_compute(desk: Desk) -> None:
    case = a_case(desk)
    times = timed(
        case,
        (CaseStarted(case, 1, 1), 0.5),
        (StageStarted(Stage.BUILD), 2.0),
        (StageStarted(Stage.STREAM), 4.0),
        (Computed(3.0), 4.0),
        (StageStarted(Stage.STOP), 1.0),
        FINISHED,
    )
    assert times.cases == [
        (
            case.label,
            {
                "preparing": 0.5,
                "building firmware": 2.0,
                TRANSFER: 5.0,
                COMPUTE: 3.0,
                "stopping target": 1.0,
            },
        )
    ]


def test_a_stage_that_comes_again_adds_up_and_a_case_begins_anew(desk: Desk) -> None:
    case = a_case(desk)
    steps = [
        (CaseStarted(case, 1, 2), 0.0),
        (StageStarted(Stage.FLASH), 1.0),
        (StageStarted(Stage.HANDSHAKE), 2.0),
        (StageStarted(Stage.FLASH), 4.0),
        FINISHED,
    ]
    times = timed(case, *steps, *steps)
    seconds = {"preparing": 0.0, "flashing and verifying": 5.0, "handshake": 2.0}
    assert [found for _, found in times.cases] == [seconds, seconds]


def test_a_real_case_tells_how_long_it_computed(desk: Desk) -> None:
    told: list[Event] = []
    desk.run(on_event=told.append)
    (computed,) = (event for event in told if isinstance(event, Computed))
    assert 0 <= computed.seconds < 60


def test_the_table_has_seconds_and_percent_and_json_the_seconds() -> None:
    console = Console(width=80, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(timings_table([("a", {"flash": 3.0, TRANSFER: 1.0}), ("b", {"flash": 2.0})]))
    lines = [" ".join(line.split()) for line in captured.get().splitlines()]
    assert "flash 3.00 75 2.00 100" in lines
    assert "transfer 1.00 25 - -" in lines
    assert "all 4.00 100 2.00 100" in lines
    (case,) = json.loads(records_to_json([case_record()], [{"flash": 3.0}]))["cases"]
    assert case["timings_s"] == {"flash": 3.0}
    (case,) = json.loads(records_to_json([case_record()]))["cases"]
    assert "timings_s" not in case
