"""The counts of cases in earlier runs, oldest first, with the points where a new level begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.selection import CaseFilter, RunFilter
from harness.domain.units import Fidelity, Unit
from harness.results.history import change_points, levels
from harness.results.store import Store

COUNTS = {Fidelity.SIMULATED: Unit.INSTRUCTIONS, Fidelity.SILICON: Unit.CYCLES}

# What makes two runs points of one line; compilers and libraries may change: that is what it shows.
_SAME = (
    *("target_id", "fidelity", "kernel_set", "variant", "model", "model_sha256"),
    *("dataset", "dataset_sha256", "inputs", "clock_hz", "counter_name", "board_serial", "caches"),
)


@dataclass(frozen=True)
class Past:
    """The counts of one case, a value for each run; `changes` are indices that begin a new level.

    `levels` are the two between which a bistable case goes to and fro: then nothing is a change.
    `runs` are the first characters of the runs' ids and commits.
    """

    record: CaseRecord
    unit: Unit
    when: tuple[datetime, ...]
    values: tuple[float, ...]
    runs: tuple[str, ...]
    changes: tuple[int, ...]
    levels: tuple[float, ...] = ()


def histories(
    store: Store, records: Iterable[CaseRecord], last: int, least: Mapping[str, float]
) -> list[Past]:
    """The past of each record in the `last` runs of the store; those of one run only are left out.

    `least` has, by the count's name, the relative change up to which nothing is a new level.

    Raises:
        StoreError: the database cannot be read.
    """
    wanted = {_identity(vars(one)): one for one in records if one.status is CaseStatus.OK}
    units = {COUNTS[one.fidelity] for one in wanted.values() if one.fidelity in COUNTS}
    if not units:
        return []
    runs = tuple(run.id for run in store.runs(RunFilter(last=last)))
    where = CaseFilter(
        runs=runs,
        targets=tuple({one.target_id for one in wanted.values()}),
        models=tuple({one.model for one in wanted.values()}),
        kernel_sets=tuple({one.kernel_set for one in wanted.values()}),
        status=CaseStatus.OK,
    )
    table = store.frame(where, ["run_id", "run_started", "git_commit", *_SAME])
    points: dict[tuple[object, ...], dict[str, tuple[datetime, float, str]]] = {}
    for row in table.sort_values("run_started", kind="stable").to_dict("records"):
        named = {str(name): cell for name, cell in row.items()}
        found = wanted.get(_identity(named))
        value = named.get(COUNTS[found.fidelity].value) if found else None
        if value is not None and value == value:  # not NaN
            commit = named["git_commit"]
            label = f"run {named['run_id'][:8]}" + (f" ({commit[:8]})" if commit else "")
            of_case = points.setdefault(_identity(named), {})
            of_case[named["run_id"]] = (named["run_started"].to_pydatetime(), value, label)
    return [
        _past(wanted[case], list(of_case.values()), least)
        for case, of_case in points.items()
        if len(of_case) > 1
    ]


def _past(
    record: CaseRecord, points: list[tuple[datetime, float, str]], least: Mapping[str, float]
) -> Past:
    when, values, runs = zip(*points, strict=True)
    unit = COUNTS[record.fidelity]
    width = least.get(unit.value, 0.0)
    known = levels(values, width)
    steps = () if known else change_points(values, width)
    return Past(record, unit, when, values, runs, tuple(step.index for step in steps), known)


def _identity(row: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(_plain(row[name]) for name in _SAME)


def _plain(value: object) -> object:
    """Equal for a record's field and the same cell of a table, where numbers may be floats."""
    if isinstance(value, float):
        return None if value != value else int(value)
    return str(value) if isinstance(value, Fidelity) else value
