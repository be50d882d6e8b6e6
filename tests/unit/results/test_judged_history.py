"""Verdicts beside the runs before: bistable values, and where a new level began."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from builders.observations import board_record, metric
from builders.records import STARTED, case_record, counted, readings, run_info

from harness.catalog.thresholds import read_thresholds
from harness.domain.record import CaseRecord
from harness.domain.verdict import CaseVerdict, Judgement
from harness.report.content import Comparison, ReportContent
from harness.report.sections.verdict import sections
from harness.report.verdicts import verdict_section
from harness.results import Store, open_store
from harness.results.case_raw import ANSWERS, answers_arrays
from harness.results.judged import judge_beside_history
from harness.results.observing import observations_of

LIMITS = read_thresholds()
QUIET = [n % 3 for n in range(20)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "harness.db")


def cycles(level: float, store: Store) -> CaseRecord:
    values = [level + noise for noise in QUIET]
    ticks = np.array(values, dtype=np.uint64)[:, None]
    outputs = np.zeros((len(values), 1), dtype=np.uint8)
    name = store.raw.put(ANSWERS, answers_arrays(outputs, ticks, 1.0))
    record = board_record(values, raw=((ANSWERS, name),))
    assert record.readings[0].value == median(values)  # type: ignore[union-attr]
    return record


def judged(store: Store, records: list[CaseRecord]) -> CaseVerdict:
    """The last of nightly runs beside the one before it."""
    for day, record in enumerate(records):
        started = STARTED + timedelta(days=day)
        run = run_info(id=f"run{day:02}", started=started)
        store.add(store.begin(run), replace(record, started=started, finished=started))
    before, after = (observations_of(store, [run]) for run in store.runs()[-2:])
    (verdict,) = judge_beside_history(before, after, LIMITS, store)
    return verdict


def test_a_bistable_count_is_not_alarmed_and_told(store: Store) -> None:
    levels = [10_000, 10_500, 10_000, 10_000, 10_500, 10_000, 10_500]
    verdict = judged(store, [cycles(level, store) for level in levels])
    assert verdict.judgement is Judgement.SAME
    assert not verdict.needs_confirmation
    told = "bistable: earlier runs show 10,001, 10,501 by turns"
    assert metric(verdict, "cycles").reason == told
    made = STARTED
    content = ReportContent((), (), made, comparison=Comparison("before", (verdict,)))
    for section in (verdict_section("a", [verdict]), sections(content)[0]):
        assert told in [cell.text for row in section.tables[0].rows for cell in row]


def test_a_new_level_is_told_as_a_change_point(store: Store) -> None:
    verdict = judged(store, [cycles(level, store) for level in [10_000] * 5 + [10_500]])
    assert verdict.judgement is Judgement.REGRESSION
    reason = metric(verdict, "cycles").reason
    assert reason == "change point: a new level after 5 earlier runs"


def test_deterministic_counts_tell_their_history_too(store: Store) -> None:
    def simulated(count: int) -> CaseRecord:
        return case_record(readings=readings(counted(float(count))))

    verdict = judged(store, [simulated(10_000)] * 4 + [simulated(11_000)])
    found = metric(verdict, "instructions")
    assert found.judgement is Judgement.REGRESSION
    assert found.reason == "change point: a new level after 4 earlier runs"


def test_a_deterministic_count_that_goes_to_and_fro_is_told_and_still_counts(store: Store) -> None:
    def simulated(count: int) -> CaseRecord:
        return case_record(readings=readings(counted(float(count))))

    counts = [10_000, 11_000, 10_000, 11_000, 10_000, 11_000]
    found = metric(judged(store, [simulated(count) for count in counts]), "instructions")
    assert found.judgement is Judgement.REGRESSION
    assert found.reason == "bistable: earlier runs show 10,000, 11,000 by turns"


def test_few_runs_say_nothing(store: Store) -> None:
    verdict = judged(store, [cycles(level, store) for level in [10_000, 10_500]])
    assert metric(verdict, "cycles").reason == ""


def test_flags_under_test_do_not_end_a_history(store: Store) -> None:
    records = [cycles(10_000, store)] * 4 + [cycles(10_500, store)]
    flags = [replace(record, flags=f"-O2 -v{day}") for day, record in enumerate(records)]
    assert "a new level after 4 earlier runs" in metric(judged(store, flags), "cycles").reason


def test_another_board_is_no_history(store: Store) -> None:
    records = [replace(cycles(10_000, store), board_serial="A")] * 3
    records += [replace(cycles(level, store), board_serial="B") for level in (10_000, 10_500)]
    assert metric(judged(store, records), "cycles").reason == ""
