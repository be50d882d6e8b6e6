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
from harness.bench.night import HeldTo, run_night
from harness.domain.nightly import PREVIOUS, Night, NightlyPlan

# The rest is imported where it is used: shell completion must not wait for pandas or SQLAlchemy.
if TYPE_CHECKING:
    from harness.domain.plan import Case
    from harness.domain.record import CaseRecord
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


def cases_of_nightly(
    plan: NightlyPlan, on_note: Callable[[str], None] = lambda text: None
) -> list[Case]:
    """The cases of a plan; `on_note` hears which parts of the matrix cannot be.

    Raises:
        ConfigError, BuildError: as `harness.assembly.plan`.
    """
    return cases_of(
        targets=plan.targets,
        kernel_sets=plan.kernels,
        models=plan.models,
        builds=plan.builds,
        dataset=plan.dataset,
        limit=plan.limit,
        repeat=plan.repeat,
        warmup=plan.warmup,
        on_note=on_note,
    )


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

    Raises:
        ConfigError, BuildError, StoreError: before anything is built or started.
        StoreError, ToolMissing, KeyboardInterrupt: as `Bench.measure`.
    """
    from harness.results import DEFAULT_RESULTS, open_store

    notes: list[str] = []
    cases = cases_of_nightly(plan, notes.append)
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
        energy=plan.energy,
    )

    def measure(cases: Sequence[Case], *, fresh: bool) -> Sequence[CaseRecord]:
        return bench.measure(cases, on_event, fresh=fresh, jobs=plan.jobs).records

    return run_night(
        plan,
        cases,
        measure,
        store,
        lambda: bench.run_id,
        held_to=held_to,
        limits=limits,
        contains=history_contains,
        left_out=notes,
    )


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


def _named(store: Store, plan: NightlyPlan) -> HeldTo | None:
    """What the plan names to be held to; None where that is the nightly before."""
    from harness.results.observing import observations_called

    if plan.baseline == PREVIOUS:
        return None
    return observations_called(plan.baseline, lambda: store, commit_of=git_commit)
