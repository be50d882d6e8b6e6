"""Cases that Ctrl-C ended and the resumed run measured afterwards count once, as measured."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased

from harness.domain.record import CaseRecord
from harness.domain.selection import StoredCase
from harness.results.schema import CaseRow

_INTERRUPTED = KeyboardInterrupt.__name__
_CASE = ("target_id", "kernel_set", "variant", "model")  # known of a case that ended early


def without_interrupted(cases: Iterable[StoredCase]) -> list[StoredCase]:
    """The cases, in the order they ended, but for those that were interrupted and done again.

    A failure that is not the user's doing stays, also where a retry ended well.
    """
    every = list(cases)
    last = {(case.run.id, _identity(case.record)): place for place, case in enumerate(every)}
    return [
        case
        for place, case in enumerate(every)
        if case.record.error_class != _INTERRUPTED
        or last[case.run.id, _identity(case.record)] == place
    ]


def interrupted_and_redone() -> Select[str, int]:
    """How many such cases each run has; a run without any has no row."""
    later = aliased(CaseRow)
    same = (getattr(later, name) == getattr(CaseRow, name) for name in ("run_id", *_CASE))
    return (
        select(CaseRow.run_id, func.count())
        .where(CaseRow.error_class == _INTERRUPTED)
        .where(exists().where(later.number > CaseRow.number, *same))
        .group_by(CaseRow.run_id)
    )


def _identity(record: CaseRecord) -> tuple[str, ...]:
    return tuple(getattr(record, name) for name in _CASE)
