"""The conditions of `RunFilter` and `CaseFilter` in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select

from harness.domain.record import SESSIONS
from harness.domain.selection import CaseFilter, RunFilter
from harness.results.schema import CaseRow, RawReferenceRow, RunRow, TagRow


def run_numbers(where: RunFilter) -> Select[Any]:
    """The numbers of the runs that are meant, in no order."""
    query = select(RunRow.number).where(*_run_conditions(where))
    if where.last is not None:
        query = query.order_by(RunRow.started.desc(), RunRow.number.desc()).limit(where.last)
    return query


def _run_conditions(where: RunFilter) -> Iterator[ColumnElement[bool]]:
    if where.id_prefix:
        yield RunRow.id.startswith(where.id_prefix, autoescape=True)
    if where.git_prefix:
        yield RunRow.git_commit.startswith(where.git_prefix, autoescape=True)
    if where.tag:
        yield RunRow.id.in_(select(TagRow.run_id).where(TagRow.name == where.tag))
    if where.sessions is not None:
        session = select(CaseRow.number).where(CaseRow.run_id == RunRow.id, _is_session())
        yield session.exists() if where.sessions else ~session.exists()
    if where.since:
        yield RunRow.started >= moment(where.since)
    if where.until:
        yield RunRow.started < moment(where.until)


def case_conditions(where: CaseFilter) -> Iterator[ColumnElement[bool]]:
    """The conditions on the table `cases`."""
    if where.runs is not None:
        yield CaseRow.run_id.in_(where.runs) if where.runs else false()
    chosen: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (CaseRow.target_id, where.targets),
        (CaseRow.model, where.models),
        (CaseRow.kernel_set, where.kernel_sets),
        (CaseRow.variant, where.variants),
        (CaseRow.dataset, where.datasets),
    )
    for column, values in chosen:
        if values:
            yield column.in_(values)
    if where.sessions is not None:
        yield _is_session() if where.sessions else ~_is_session()
    if where.raw:
        holders = select(RawReferenceRow.case_number).where(RawReferenceRow.sha256 == where.raw)
        yield CaseRow.number.in_(holders)
    if where.status:
        yield CaseRow.status == where.status
    if where.since:
        yield CaseRow.started >= moment(where.since)
    if where.until:
        yield CaseRow.started < moment(where.until)


def _is_session() -> ColumnElement[bool]:
    return or_(*(CaseRow.target_id.startswith(prefix) for prefix in SESSIONS))


def moment(time: datetime) -> str:
    """A time as it is kept: ISO 8601 in UTC, which sorts as text."""
    return time.astimezone(UTC).isoformat()
