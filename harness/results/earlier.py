"""Values of cases in earlier runs, read column by column: thousands of records would take long."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from harness.domain.comparability import ComparabilityKey, Fact, differences
from harness.domain.record import CaseRecord
from harness.domain.selection import CaseFilter
from harness.domain.units import Fidelity
from harness.results.comparability import SIZES, key_of
from harness.results.queries import case_conditions
from harness.results.schema import CaseRow, ReadingRow
from harness.results.store import Store

Values = dict[tuple[tuple[Fact, ...], str], list[float]]
"""By `ComparabilityKey.case` and metric, oldest first."""

_OWN = {"started", "finished", "readings", "operator_kernels", "raw"}  # of one case, and of no key
_NAMES = [one.name for one in fields(CaseRecord) if one.name not in _OWN]


def earlier_values(
    store: Store,
    where: CaseFilter,
    order: Mapping[str, Any],
    wanted: Mapping[tuple[Fact, ...], ComparabilityKey],
    metrics: Sequence[str],
    may_change: Collection[str] = (),
) -> Values:
    """The values of `metrics` of those cases that `where` means and whose key is a `wanted` one.

    Keys may differ in the fields of `may_change`. `order` has for each run's id what sorts it.

    Raises:
        StoreError: the database cannot be read.
    """
    found: list[tuple[Any, int, tuple[Fact, ...], str, float]] = []
    alike = _Alike(wanted, may_change)
    columns = [getattr(CaseRow, name) for name in _NAMES]
    cases = select(CaseRow.number, CaseRow.run_id, *columns).where(*case_conditions(where))
    readings = (
        select(CaseRow.number, ReadingRow.quantity, ReadingRow.value)
        .join(ReadingRow, ReadingRow.case_number == CaseRow.number)
        .where(*case_conditions(where))
        .where(ReadingRow.quantity.in_(metrics), ReadingRow.value.is_not(None))
    )
    known: dict[int, tuple[Any, tuple[Fact, ...]]] = {}
    sizes = [(metric, _NAMES.index(SIZES[metric])) for metric in metrics if metric in SIZES]
    with store.reading() as session:
        for number, run, *cells in session.execute(cases):
            if (case := alike.case_of(cells)) is None:
                continue
            known[number] = order[run], case
            for metric, place in sizes:
                if cells[place] is not None:
                    found.append((order[run], number, case, metric, float(cells[place])))
        for number, metric, value in session.execute(readings):
            if number in known and value is not None:
                moment, case = known[number]
                found.append((moment, number, case, metric, value))
    values: Values = {}
    for _, _, case, metric, value in sorted(found, key=lambda one: one[:2]):
        values.setdefault((case, metric), []).append(value)
    return values


class _Alike:
    """Which case the columns of a row belong to; equal columns are looked at once."""

    def __init__(
        self, wanted: Mapping[tuple[Fact, ...], ComparabilityKey], may_change: Collection[str]
    ) -> None:
        self._wanted = wanted
        self._may_change = may_change
        self._seen: dict[tuple[Any, ...], tuple[Fact, ...] | None] = {}

    def case_of(self, cells: Sequence[Any]) -> tuple[Fact, ...] | None:
        """The `ComparabilityKey.case`; None where its key is none of the wanted ones."""
        same = tuple(cells)
        if same not in self._seen:
            key = _key(cells)
            mine = self._wanted.get(key.case)
            fits = mine is not None and not differences(mine, key, self._may_change)
            self._seen[same] = key.case if fits else None
        return self._seen[same]


def _key(cells: Sequence[Any]) -> ComparabilityKey:
    row = SimpleNamespace(**dict(zip(_NAMES, cells, strict=True)))
    row.fidelity = Fidelity(row.fidelity)
    row.tool_versions = tuple(json.loads(row.tool_versions).items())
    return key_of(row)  # type: ignore[arg-type]
