"""Several targets at once: each one's cases in order, one event at a time, one end for all."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from bench_desk import TARGET, Desk
from builders.records import case_record

from harness.bench.events import CaseStarted, Event, InputsDone, Listener
from harness.bench.parallel import by_target
from harness.bench.prepare import Prepared
from harness.bench.run import Outcome
from harness.errors import SimulatorDied, StoreError

DEADLINE_S = 20.0


def prepared(desk: Desk, *targets: str) -> list[Prepared]:
    first = desk.prepared()
    return [
        replace(first, case=replace(first.case, target=replace(TARGET, id=name), warmup=place))
        for place, name in enumerate(targets)
    ]


def outcome(group: list[Prepared]) -> Outcome:
    records = [case_record(target_id=p.case.target.id, warmup=p.case.warmup) for p in group]
    return Outcome("run", records, [SimulatorDied(group[0].case.target.id)])


def test_targets_run_at_once_and_the_outcome_is_in_order(desk: Desk) -> None:
    together = threading.Barrier(2, timeout=DEADLINE_S)  # breaks unless both groups run at once
    inside = threading.Lock()
    events: list[Event] = []

    def listener(event: Event) -> None:
        assert inside.acquire(blocking=False), "two events at once"
        events.append(event)
        inside.release()

    def run(group: list[Prepared], listener: Listener) -> Outcome:
        together.wait()
        for number, one in enumerate(group, start=1):
            listener(CaseStarted(one.case, number, len(group)))
        return outcome(group)

    found = by_target(prepared(desk, "a", "b", "a", "b", "a"), run, listener, jobs=2)
    assert [(one.target_id, one.warmup) for one in found.records] == [
        ("a", 0),
        ("b", 1),
        ("a", 2),
        ("b", 3),
        ("a", 4),
    ]
    assert sorted(error.what for error in found.errors) == ["a", "b"]
    assert len(events) == 5


@pytest.mark.parametrize(("targets", "jobs"), [(("a", "b"), 1), (("a", "a"), 4)])
def test_one_at_a_time_is_one_group(desk: Desk, targets: tuple[str, ...], jobs: int) -> None:
    groups: list[int] = []

    def run(group: list[Prepared], listener: Listener) -> Outcome:
        groups.append(len(group))
        return outcome(group)

    by_target(prepared(desk, *targets), run, lambda event: None, jobs=jobs)
    assert groups == [2]


def test_an_error_in_one_group_ends_the_others_at_their_next_step(desk: Desk) -> None:
    together, ended = threading.Barrier(2, timeout=DEADLINE_S), threading.Event()

    def run(group: list[Prepared], listener: Listener) -> Outcome:
        together.wait()
        if group[0].case.target.id == "a":
            raise StoreError("the disk is full")
        try:
            while True:
                listener(InputsDone(1, 2))
        except KeyboardInterrupt:
            ended.set()
            raise

    with pytest.raises(StoreError, match="the disk is full"):
        by_target(prepared(desk, "a", "b"), run, lambda event: None, jobs=2)
    assert ended.wait(DEADLINE_S)
