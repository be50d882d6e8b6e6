"""Cases as a table for pandas, read column by column without building a record for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, select

from harness.domain.selection import CaseFilter
from harness.errors import StoreError
from harness.results.queries import case_conditions
from harness.results.schema import CaseRow, ReadingRow, RunRow

_RUN = {f"run_{name}": getattr(RunRow, name) for name in ("id", "started")} | {
    name: getattr(RunRow, name) for name in ("git_commit", "git_dirty", "host", "harness_version")
}
_JSON = {"number", "run_id", "id", "tool_versions", "operator_kernels"}
_CASE = {"case_id": CaseRow.id} | {
    column.key: getattr(CaseRow, column.key)
    for column in CaseRow.__mapper__.column_attrs
    if column.key not in _JSON
}
COLUMNS = (*_RUN, *_CASE)
_TIMES = ("run_started", "started", "finished")
_PARTS = ("value", "minimum", "maximum", "n", "resolution", "unit", "reason")
_SUFFIXES = ("", "_min", "_max", "_n", "_resolution", "_unit", "_reason")
_NUMBERS = 5  # the first of the parts
_BATCH = 20_000


def frame(
    connection: Connection, where: CaseFilter, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """A row for each case in the order they ended: the columns of `COLUMNS`, then the readings.

    A quantity `q` has the columns `q` (its value; NaN where missing), `q_min`, `q_max`, `q_n`,
    `q_resolution`, `q_unit` and `q_reason`. `columns` are those of `COLUMNS` that are wanted; the
    readings come in any case. Times are UTC. The index is the case's number in this database.

    Raises:
        StoreError: `columns` names one that there is not.
    """
    known = _RUN | _CASE
    wanted = list(known if columns is None else columns)
    if odd := [name for name in wanted if name not in known]:
        raise StoreError(
            f"cases have no column {', '.join(map(repr, odd))}",
            hint=f"Choose among {', '.join(COLUMNS)}.",
        )
    conditions = tuple(case_conditions(where))
    query: Select[Any] = (
        select(CaseRow.number, *(known[name] for name in wanted))
        .join(RunRow, RunRow.id == CaseRow.run_id)
        .where(*conditions)
        .order_by(CaseRow.number)
    )
    numbers, *cells = _columns(connection, query, 1 + len(wanted))
    table: dict[str, Any] = dict(zip(wanted, cells, strict=True))
    for name in set(_TIMES) & set(wanted):
        table[name] = pd.to_datetime(
            pd.Series(table[name], dtype=object), utc=True, format="ISO8601"
        )
    index = np.array(numbers, dtype=np.int64)
    readings = _readings(connection, conditions, index)
    return pd.DataFrame({**table, **readings}, copy=False).set_index(pd.Index(index, name="number"))


def _columns(connection: Connection, query: Select[Any], count: int) -> list[list[Any]]:
    """The columns of a query's rows; equal texts are one object, so that memory stays small."""
    found: list[list[Any]] = [[] for _ in range(count)]
    texts: dict[Any, Any] = {}
    rows = connection.execution_options(yield_per=_BATCH).execute(query)
    for batch in rows.partitions(_BATCH):
        for column, cells in zip(found, zip(*batch, strict=True), strict=True):
            column.extend(_shared(cells, texts))
    return found


def _shared(cells: Sequence[Any], texts: dict[Any, Any]) -> Iterable[Any]:
    """The cells of a column; those that are text are the first of their like in `texts`."""
    return map(texts.setdefault, cells, cells) if str in set(map(type, cells)) else cells


def _readings(
    connection: Connection, conditions: Sequence[Any], index: np.ndarray[Any, np.dtype[np.int64]]
) -> dict[str, Any]:
    """The columns of each quantity, a cell for each of the sorted case numbers in `index`."""
    parts = [getattr(ReadingRow, part) for part in _PARTS]
    query: Select[Any] = select(ReadingRow.quantity, ReadingRow.case_number, *parts)
    if conditions:
        query = query.join(CaseRow, CaseRow.number == ReadingRow.case_number).where(*conditions)
    table: dict[str, Any] = {}
    texts: dict[Any, Any] = {}
    rows = connection.execution_options(yield_per=_BATCH).execute(query)
    for batch in rows.partitions(_BATCH):
        quantities, numbers, *cells = zip(*batch, strict=True)
        kinds = (np.float64 if place < _NUMBERS else object for place in range(len(cells)))
        parts_ = [
            np.fromiter(_shared(part, texts), dtype=kind, count=len(part))
            for part, kind in zip(cells, kinds, strict=True)
        ]
        codes, names = pd.factorize(np.array(quantities, dtype=object))
        places = np.searchsorted(index, np.array(numbers, dtype=np.int64))
        inside = places < len(index)  # a case that another process added meanwhile is not
        for code, quantity in enumerate(names):
            mine = np.flatnonzero((codes == code) & inside)
            for suffix, part in zip(_SUFFIXES, parts_, strict=True):
                if (name := quantity + suffix) not in table:
                    nothing = np.nan if part.dtype == np.float64 else None
                    table[name] = np.full(len(index), nothing, dtype=part.dtype)
                table[name][places[mine]] = part[mine]
    return table
