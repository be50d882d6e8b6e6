"""A nightly on the real rig: measured, judged beside what was, and as the content of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.assembly.measuring import Bench
from harness.assembly.plans import plan as cases_of
from harness.assembly.regressing import git_commit, history_contains, thresholds
from harness.bench.events import Listener, nobody
from harness.bench.night import case_name, judged, key_name, measured
from harness.domain.nightly import PREVIOUS, Night, NightlyPlan

# The rest is imported where it is used: shell completion must not wait for pandas or SQLAlchemy.
if TYPE_CHECKING:
    from harness.domain.observation import Observation
    from harness.domain.plan import Case
    from harness.domain.record import CaseRecord
    from harness.domain.thresholds import Thresholds
    from harness.domain.verdict import CaseVerdict
    from harness.report.content import ReportContent
    from harness.results import Store

HISTORY_RUNS = 30


def read_nightly(path: Path) -> NightlyPlan:
    """The plan of a TOML file.

    Raises:
        BadDefinition: it has faults, all of which are listed.
    """
    from harness.catalog.nightly import read_nightly as read

    return read(path)


def nightly(
    plan: NightlyPlan,
    on_event: Listener = nobody,
    *,
    results: str | None = None,
    resume: bool = False,
    rig_file: Path | None = None,
    wait_board_s: float = 0.0,
    on_plan: Callable[[Sequence[Case]], None] | None = None,
) -> Night:
    """Measure the cases of `plan` with profiles, and judge them; `on_plan` hears them first.

    The run gets the name of the plan when it is judged: one that was cut off is nobody's past.

    Raises:
        ConfigError, BuildError, StoreError: before anything is built or started.
        StoreError, ToolMissing, KeyboardInterrupt: as `Bench.measure`.
    """
    from harness.results import DEFAULT_RESULTS, open_store

    notes: list[str] = []
    cases = cases_of(
        targets=plan.targets,
        kernel_sets=plan.kernels,
        models=plan.models,
        builds=plan.builds,
        dataset=plan.dataset,
        limit=plan.limit,
        repeat=plan.repeat,
        warmup=plan.warmup,
        on_note=notes.append,
    )
    limits = thresholds(plan.thresholds)
    store = open_store(results or DEFAULT_RESULTS)
    held_to = _named(store, plan)  # a baseline that is missing is told before hours of measuring
    if on_plan:
        on_plan(cases)
    bench = Bench(
        results,
        resume=resume,
        rig_file=rig_file,
        wait_board_s=wait_board_s,
        profile=True,
        case_limit_s=plan.case_timeout_s,
    )

    def measure(cases: Sequence[Case], *, fresh: bool) -> Sequence[CaseRecord]:
        return bench.measure(cases, on_event, fresh=fresh, jobs=plan.jobs).records

    records, retried = measured(cases, measure, retries=plan.retries)
    (run,) = store.resolve(bench.run_id)
    planned = {case_name(case) for case in cases}
    if held_to:
        against, named = held_to
        before = [one for one in named if key_name(one.key) in planned]
    else:
        against, earlier = _previous(store, plan.tag, cases, run.id)
        before = _still_asked(earlier, records)
    verdicts = judged(cases, measure, lambda: _verdicts(store, run.id, before, limits))
    store.tag(run.id, plan.tag)
    return Night(run, against, tuple(records), tuple(verdicts), tuple(retried), tuple(notes))


def night_content(night: Night, results: str | None = None) -> ReportContent:
    """The report of a nightly, with its own verdicts, and the history of its cases.

    Raises:
        StoreError: the database cannot be read.
    """
    from harness.assembly.reporting import report_content
    from harness.report.content import Comparison

    content = report_content([night.run.id], results=results, history=HISTORY_RUNS)
    comparison = Comparison(night.against, night.verdicts, night.left_out)
    return replace(content, records=night.records, comparison=comparison)


def _named(store: Store, plan: NightlyPlan) -> tuple[str, list[Observation]] | None:
    """What the plan names to be held to; None where that is the nightly before."""
    from harness.results.observing import observations_called

    if plan.baseline == PREVIOUS:
        return None
    return observations_called(plan.baseline, lambda: store, commit_of=git_commit)


def _previous(
    store: Store, tag: str, cases: Sequence[Case], but: str
) -> tuple[str, list[Observation]]:
    """For each case the last time it ended well in a run called `tag`, and the last run's name.

    A night in which the rig failed a case so leaves no gap behind which a regression could hide.
    """
    from harness.domain.record import CaseStatus
    from harness.domain.selection import CaseFilter, RunFilter
    from harness.results.comparability import key_of, source_of
    from harness.results.observing import detailed

    runs = [run for run in store.runs(RunFilter(tag=tag)) if run.id != but]
    runs.sort(key=lambda run: run.started, reverse=True)
    missing = {case_name(case) for case in cases}
    found = []
    for run in runs[:HISTORY_RUNS]:
        wanted = CaseFilter(runs=(run.id,), status=CaseStatus.OK)
        mine = {key_name(key_of(one.record)): one.record for one in store.records(wanted)}
        found += [detailed(mine[name], run, store.raw) for name in sorted(missing & mine.keys())]
        missing -= mine.keys()
        if not missing:
            break
    return source_of(runs[0]) if runs else "no nightly before", found


def _still_asked(before: Sequence[Observation], now: Sequence[CaseRecord]) -> list[Observation]:
    """Of the nightly before, what has the same inputs: a plan may be changed."""
    from harness.results.comparability import key_of

    ended_well = [record for record in now if record.error_class is None]
    measured = {key_name(key): key.case for key in map(key_of, ended_well)}
    return [one for one in before if measured.get(key_name(one.key), one.key.case) == one.key.case]


def _verdicts(
    store: Store, run_id: str, before: Sequence[Observation], limits: Thresholds
) -> list[CaseVerdict]:
    from harness.results.observing import history_before, observations_of
    from harness.results.regression import judge_runs

    after = observations_of(store, store.resolve(run_id))
    noisy = [one.metric for one in limits.metrics if one.noisy]
    doubtful = [one for one in after if any(one.samples.get(metric) for metric in noisy)]
    history = history_before(store, doubtful, noisy) if doubtful else {}
    return judge_runs(before, after, limits, contains=history_contains, history=history)
