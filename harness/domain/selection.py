"""Which kept runs and cases are meant, and a case together with the run it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harness.domain.record import CaseRecord, CaseStatus, RunInfo


@dataclass(frozen=True)
class RunFilter:
    """Runs for which every condition given here holds; all runs where none is given.

    `id_prefix` and `git_prefix` are the first characters of the run's id and of its git commit,
    `tag` a whole tag. `since` is included, `until` is not; both are compared with the run's start
    and need a time zone. Runs that are a session (MLPerf Tiny, a power measurement by hand) are
    left out unless `sessions` is None; True takes only them. Of those runs, `last` takes so many
    that began last.
    """

    id_prefix: str = ""
    tag: str = ""
    git_prefix: str = ""
    since: datetime | None = None
    until: datetime | None = None
    last: int | None = None
    sessions: bool | None = False


@dataclass(frozen=True)
class CaseFilter:
    """Cases for which every condition given here holds; all cases where none is given.

    `runs` are ids of runs; None takes every run, an empty tuple none. The other tuples hold the
    values that are taken, an empty one takes all. `since` is included, `until` is not; both are
    compared with the case's start and need a time zone. Sessions (MLPerf Tiny, a power measurement
    by hand) are left out unless `sessions` is None; True takes only them. `raw` is the SHA-256 of
    raw data that the case refers to.
    """

    runs: tuple[str, ...] | None = None
    targets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    kernel_sets: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    status: CaseStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    sessions: bool | None = False
    raw: str = ""


@dataclass(frozen=True)
class StoredCase:
    """A case as it is kept: `id` is its own in all databases, wherever it is copied to."""

    id: str
    run: RunInfo
    record: CaseRecord


@dataclass(frozen=True)
class TakenIn:
    """How many runs and cases an import added, and how many cases were there already.

    Of raw data, how many contents were added, and how many are neither there nor came with it.
    """

    runs: int = 0
    cases: int = 0
    known: int = 0
    raw_added: int = 0
    raw_missing: int = 0
