"""Observations for tests: a simulated case by default, cycles of a board on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Any

from builders.records import STARTED, case_record, counted, readings, run_info

from harness.domain.observation import Observation, OperatorCount
from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity, Unit
from harness.domain.verdict import CaseVerdict, MetricVerdict
from harness.results.comparability import observe

COMMITS = ("a" * 40, "b" * 40)


def seen(instructions: float = 1_000_000, *, later: bool = False, **changes: Any) -> Observation:
    """A simulated case of the first run, or of one a day `later` and of another commit."""
    operators: Sequence[OperatorCount] = changes.pop("operators", ())
    fields = {"readings": readings(counted(float(instructions)))} | changes
    return observe(case_record(**fields), a_run(later), operators=operators)


def a_run(later: bool = False, **changes: Any) -> Any:
    run = run_info(git_commit=COMMITS[later], started=STARTED + timedelta(days=int(later)))
    return replace(run, **changes)


def on_board(cycles: Sequence[float], *, later: bool = False, kept: bool = True) -> Observation:
    """A case of a board, with its single values if they were `kept`."""
    record = board_record(cycles)
    return observe(record, a_run(later), samples={"cycles": list(cycles)} if kept else {})


def board_record(cycles: Sequence[float], **changes: Any) -> CaseRecord:
    reading = counted(
        float(median(cycles)),
        unit=Unit.CYCLES,
        fidelity=Fidelity.SILICON,
        spread=(min(cycles), max(cycles)),
        n=len(cycles),
    )
    fields: dict[str, Any] = {
        "target_id": "nucleo-h743",
        "fidelity": Fidelity.SILICON,
        "readings": (reading,),
        "counter_name": "dwt-cyccnt",
        "counter_resolution": 1.0,
        "clock_hz": 480_000_000,
    }
    return case_record(**(fields | changes))


def metric(verdict: CaseVerdict, name: str) -> MetricVerdict:
    """The verdict on one metric."""
    (found,) = [one for one in verdict.metrics if one.metric == name]
    return found
