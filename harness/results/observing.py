"""Kept runs as observations: found by what a user calls them, with single values and profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness.domain.measurement import Measurement
from harness.domain.observation import Observation
from harness.domain.quantities import ENERGY
from harness.domain.record import CaseRecord, CaseStatus, RunInfo
from harness.domain.selection import CaseFilter, RunFilter
from harness.domain.units import Fidelity
from harness.errors import ConfigError, UnknownRun
from harness.results.baseline import FOLDER, read_baseline
from harness.results.case_raw import operator_counts_of, samples_of, window_energies_of
from harness.results.comparability import observe, source_of
from harness.results.earlier import earlier_values
from harness.results.raw import RawStore
from harness.results.regression import History
from harness.results.store import Store

BASELINE = "baseline"
CommitOf = Callable[[str], str | None]
"""The full hash of a git revision, None where git knows none."""


def observations_called(
    name: str,
    store: Callable[[], Store],
    *,
    commit_of: CommitOf,
    folder: Path = FOLDER,
) -> tuple[str, list[Observation]]:
    """The cases that a user means by `name`, and what to call them all.

    `baseline` is every file of `folder`, a name that ends in .json one file. Else `Store.resolve`
    tells; what it does not know may be a git revision. Of several runs the later come later.

    Raises:
        BadDefinition: a file is no baseline.
        ConfigError: there is no baseline.
        UnknownRun: no run is meant.
        StoreError: the database cannot be read.
    """
    if (kept := baseline_called(name, folder)) is not None:
        return name, kept
    opened = store()
    runs = runs_called(name, opened, commit_of)
    return label_of_runs(name, runs), observations_of(opened, runs)


def baseline_called(name: str, folder: Path = FOLDER) -> list[Observation] | None:
    """The cases of the baseline that a user means by `name`; None where that is no baseline.

    Raises:
        BadDefinition: a file is no baseline.
        ConfigError: there is no baseline.
    """
    if name != BASELINE and not name.endswith(".json"):
        return None
    files = sorted(folder.glob("*.json")) if name == BASELINE else [Path(name)]
    if not files:
        raise ConfigError(
            f"there is no baseline in {folder}",
            hint="Write one with `harness baseline write`, or name a file or a run.",
        )
    return [one for file in files for one in read_baseline(file)]


def label_of_runs(name: str, runs: Sequence[RunInfo]) -> str:
    """What to call the runs that a user means by `name`."""
    return source_of(runs[-1]) if len(runs) == 1 else f"{name} ({len(runs)} runs)"


def observations_of(store: Store, runs: Sequence[RunInfo]) -> list[Observation]:
    """Every case of `runs`, run after run, with what raw data is there.

    Raises:
        StoreError, CorruptRecord: the database or raw data cannot be read.
    """
    order = {run.id: place for place, run in enumerate(runs)}
    cases = sorted(store.records(CaseFilter(runs=tuple(order))), key=lambda one: order[one.run.id])
    return [detailed(one.record, one.run, store.raw) for one in cases]


def detailed(record: CaseRecord, run: RunInfo, raw: RawStore) -> Observation:
    """`record` with the counts of its operators and, on silicon, counts and joules of each window.

    Raises:
        StoreError, CorruptRecord: raw data is there and cannot be read.
    """
    kept = all(raw.has(sha256) for _, sha256 in record.raw)  # it may have been left behind
    silicon = kept and record.fidelity is Fidelity.SILICON
    return observe(
        record,
        run,
        samples=_samples(record, raw) if silicon else {},
        operators=operator_counts_of(raw, record) if kept else (),
    )


def _samples(record: CaseRecord, raw: RawStore) -> dict[str, Sequence[float]]:
    """The single values of each metric that has any; energies of a virtual meter are none."""
    counts, joules = samples_of(raw, record), window_energies_of(raw, record)
    found: dict[str, Sequence[float]] = {}
    if counts is not None:
        found["cycles"] = counts.ravel().tolist()
    if joules and isinstance(record.reading(ENERGY), Measurement):
        found[ENERGY] = joules
    return found


def history_before(
    store: Store,
    observations: Iterable[Observation],
    metrics: Sequence[str],
    runs: int = 50,
    may_change: Sequence[str] = (),
) -> History:
    """Values of the cases of `observations` in the `runs` runs before, oldest first, by metric.

    Only cases whose key is the same count, but for the fields of `may_change`.

    Raises:
        StoreError, CorruptRecord: the database cannot be read.
    """
    wanted = {one.key.case: one.key for one in observations if one.started and not one.trouble}
    begun = [one.started for one in observations if one.started and not one.trouble]
    if not begun:
        return {}
    earlier = store.runs(RunFilter(until=min(begun), last=runs))
    order = {run.id: run.started for run in earlier}
    where = CaseFilter(
        runs=tuple(order),
        targets=tuple({key.target for key in wanted.values()}),
        models=tuple({key.model for key in wanted.values()}),
        kernel_sets=tuple({key.kernel_set for key in wanted.values()}),
        status=CaseStatus.OK,
    )
    return earlier_values(store, where, order, wanted, metrics, may_change)


def runs_called(name: str, store: Store, commit_of: CommitOf) -> list[RunInfo]:
    """The runs that a user means by `name`: what `Store.resolve` does not know is a git revision.

    Raises:
        UnknownRun: no run is meant.
        StoreError: the database cannot be read.
    """
    try:
        return store.resolve(name)
    except UnknownRun:
        commit = commit_of(name)
        if commit is None:
            raise
    found = store.runs(RunFilter(git_prefix=commit))
    if not found:
        raise UnknownRun(
            f"no run is of commit {commit[:12]} ({name})",
            where=store.where,
            hint="Measure that commit, or name a run (`harness results list` shows them).",
        )
    return sorted(found, key=lambda run: run.started)
