"""Cases as the rows of a table with every column that is kept, each beside its observation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from harness.domain.measurement import Measurement
from harness.domain.observation import Observation
from harness.domain.selection import CaseFilter
from harness.results.baseline import FOLDER
from harness.results.comparability import SIZES
from harness.results.observing import (
    CommitOf,
    baseline_called,
    detailed,
    label_of_runs,
    runs_called,
)
from harness.results.store import Store

# Where a column of the table is a field of the comparability key under another name.
KEY_FIELDS = {
    "target_id": "target",
    "counter_name": "counter",
    "counter_resolution": "resolution",
    "library_name": "library",
    "library_tree_hash": "library_tree",
    "board_serial": "board",
    "protocol_version": "protocol",
}
# Columns that a metric of an observation is made of.
METRICS = {column: metric for metric, column in SIZES.items()}
_OF_KEY = {name: column for column, name in KEY_FIELDS.items()}


@dataclass(frozen=True)
class CaseTable:
    """Row n of `frame` is the case of `observations[n]`; the column `run` has its label."""

    frame: pd.DataFrame = field(repr=False)
    observations: tuple[Observation, ...] = field(repr=False)


def case_table(
    names: Sequence[str],
    store: Callable[[], Store],
    *,
    commit_of: CommitOf,
    folder: Path = FOLDER,
) -> CaseTable:
    """The cases of what a user calls by `names` (see `observations_called`), run after run.

    The columns are those of `Store.frame`; of a baseline there are only its keys and metrics.

    Raises:
        As `observations_called`.
    """
    frames, observations, labels = [], list[Observation](), set[str]()
    for name in names:
        if (kept := baseline_called(name, folder)) is not None:
            label, frame, found = name, _of_baseline(kept), kept
        else:
            opened = store()
            runs = runs_called(name, opened, commit_of)
            label = label_of_runs(name, runs)
            where = CaseFilter(runs=tuple(run.id for run in runs))
            cases = {one.id: one for one in opened.records(where)}
            frame = opened.frame(where)
            frame = frame[frame["case_id"].isin(cases)]  # another process may add more
            mine = [cases[case] for case in frame["case_id"]]
            found = [detailed(one.record, one.run, opened.raw) for one in mine]
        label = f"{label} (B)" if label in labels else label
        labels.add(label)
        frames.append(frame.assign(run=label))
        observations += found
    return CaseTable(pd.concat(frames, ignore_index=True), tuple(observations))


def _of_baseline(observations: Iterable[Observation]) -> pd.DataFrame:
    rows = []
    for one in observations:
        row: dict[str, object] = {
            _OF_KEY.get(name, name): value for name, value in vars(one.key).items()
        }
        for name, reading in one.metrics.items():
            if isinstance(reading, Measurement):
                row[SIZES.get(name, name)] = reading.value
        rows.append(row)
    return pd.DataFrame(rows)
