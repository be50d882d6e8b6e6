"""Runs of the store as the content of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

# The rest is imported where it is used: `--help` must not wait for pandas or SQLAlchemy.
if TYPE_CHECKING:
    from harness.domain.record import CaseRecord, RunInfo
    from harness.domain.selection import StoredCase
    from harness.report.content import (
        Battery,
        ClassCounts,
        Comparison,
        CurrentTrace,
        HistoryLine,
        OperatorStack,
        ReportContent,
    )
    from harness.results import Store


def report_content(
    runs: Sequence[str],
    *,
    results: str | None = None,
    against: str | None = None,
    history: int = 0,
    profiles: Sequence[Path] = (),
    battery: Battery | None = None,
) -> ReportContent:
    """What a report of `runs` shows.

    Args:
        runs: names of runs, as `Store.resolve` knows them; all their cases are shown.
        results: path or database URL of the store; None is `results/harness.db`.
        against: a run, `baseline` or the file of one (`.json`), by which the cases are judged.
        history: how many of the last runs the lines of the history go through; 0 for no history.
        profiles: files that `harness profile` kept.
        battery: what battery life is worked out for.

    Raises:
        StoreError: there is no such database or run, or it cannot be read.
        BadDefinition: the baseline or the thresholds have faults.
    """
    from harness.domain.selection import CaseFilter
    from harness.report import content
    from harness.report.profile_file import read_profiles
    from harness.results.interrupted import without_interrupted
    from harness.results.kept import open_kept

    store = open_kept(results)
    found = {run.id: run for name in runs for run in store.resolve(name)}
    cases = without_interrupted(store.records(CaseFilter(runs=tuple(found))))
    records = tuple(case.record for case in cases)
    return content.ReportContent(
        runs=tuple(found.values()),
        records=records,
        made=datetime.now(UTC),
        source=store.where,
        comparison=_comparison(store, list(found.values()), against) if against else None,
        stacks=tuple(_stacks(store, cases)),
        profiles=tuple(one for path in profiles for one in read_profiles(path)),
        confusions=tuple(_confusions(store, cases)),
        history=tuple(_history(store, cases, history)) if history else (),
        traces=tuple(_traces(store, cases)),
        battery=battery or content.Battery(),
    )


def _comparison(store: Store, runs: Sequence[RunInfo], against: str) -> Comparison:
    from harness.assembly.regressing import git_commit, history_contains, thresholds
    from harness.report.content import Comparison
    from harness.results.judged import judge_beside_history
    from harness.results.observing import observations_called, observations_of

    name, before = observations_called(against, lambda: store, commit_of=git_commit)
    after = observations_of(store, runs)
    verdicts = judge_beside_history(before, after, thresholds(), store, contains=history_contains)
    return Comparison(name, tuple(verdicts))


def _with_raw(store: Store, cases: Sequence[StoredCase]) -> Iterator[CaseRecord]:
    """The records whose raw data is there: it may have been pruned, or left behind in a copy."""
    for record in (case.record for case in cases):
        if all(store.raw.has(sha256) for _, sha256 in record.raw):
            yield record


def _stacks(store: Store, cases: Sequence[StoredCase]) -> Iterator[OperatorStack]:
    from harness.domain.units import Fidelity, Unit
    from harness.report.case_name import kernels_of
    from harness.report.content import OperatorStack
    from harness.results.case_raw import operator_counts_of

    for record in _with_raw(store, cases):
        if operators := operator_counts_of(store.raw, record):
            silicon = record.fidelity is Fidelity.SILICON
            yield OperatorStack(
                case=f"{record.target_id} · {kernels_of(record)}",
                model=record.model,
                unit=Unit.CYCLES if silicon else Unit.INSTRUCTIONS,
                fidelity=record.fidelity,
                operators=operators,
            )


def _confusions(store: Store, cases: Sequence[StoredCase]) -> Iterator[ClassCounts]:
    from harness.report.case_name import case_of
    from harness.report.content import ClassCounts
    from harness.results.case_pictures import confusion_of

    for record in _with_raw(store, cases):
        counts = confusion_of(store.raw, record)
        if counts is not None:
            yield ClassCounts(case_of(record), tuple(map(tuple, counts.tolist())))


def _traces(store: Store, cases: Sequence[StoredCase]) -> Iterator[CurrentTrace]:
    from harness.report.case_name import case_of
    from harness.report.content import CurrentTrace
    from harness.results.case_pictures import current_of

    for record in _with_raw(store, cases):
        if found := current_of(store.raw, record):
            yield CurrentTrace(
                case=case_of(record),
                fidelity=record.fidelity,
                seconds=found.seconds,
                amperes=found.amperes,
                windows=found.windows,
                histogram=found.histogram,
                operators=found.operators,
                no_operators=found.no_operators,
            )


def _history(store: Store, cases: Sequence[StoredCase], last: int) -> Iterator[HistoryLine]:
    from harness.assembly.regressing import thresholds
    from harness.report.case_name import case_of
    from harness.report.content import HistoryLine, Point
    from harness.results.case_history import histories

    least = {one.metric: one.limit / 100 for one in thresholds().metrics if one.unit == "%"}
    for past in histories(store, [case.record for case in cases], last, least):
        yield HistoryLine(
            case=case_of(past.record),
            quantity=past.unit.value,
            unit=past.unit,
            fidelity=past.record.fidelity,
            points=tuple(map(Point, past.when, past.values, past.runs)),
            changes=past.changes,
            levels=past.levels,
        )
