"""A pivot of any columns of the cases: each cell aggregated, with ratios and the best of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from harness.domain.comparability import AXES, COUNTS, ComparabilityKey
from harness.domain.comparison import ComparedRow, ComparisonTable, Entry
from harness.domain.measurement import Measurement, Missing
from harness.domain.units import Fidelity
from harness.errors import ConfigError, NotComparable, UnknownName
from harness.results.case_table import KEY_FIELDS, METRICS, CaseTable
from harness.results.pivot_aggregate import aggregated, apart, best, interval
from harness.results.pivot_cells import PlacedCase, Told, aggregated_over, comparable_cells
from harness.results.pivot_request import ALIASES, PivotRequest

_WORDS = {column: word for word, column in ALIASES.items()}
_KEY = set(ComparabilityKey.__dataclass_fields__)
_LIBRARY = ("library", "library_version", "library_tree")
# What cannot but differ where a column of the table is of this field.
_WITH = {
    "core": AXES["targets"],
    "compiler": AXES["builds"],
    **dict.fromkeys(_LIBRARY, _LIBRARY),
    **{axis[0]: axis for axis in AXES.values()},
}
_USUAL = ("accuracy", "firmware_flash_bytes", "firmware_ram_bytes")
_BASES = ("reference", "O2")


def pivoted(table: CaseTable, asked: PivotRequest, *, force: bool = False) -> list[ComparisonTable]:
    """A table for each fidelity and each of the values asked for, or the usual ones.

    A row's cells hold only cases that may be compared (see `comparable_cells`); fields that the
    columns name, and those of their axis (`AXES`), are left open. What is left out is listed.

    Raises:
        UnknownName: a column that there is not; all there are, are listed.
        ConfigError: a value that is no number.
        NotComparable: that leaves no row with two cells, but some were refused.
    """
    _require_columns(table.frame, asked)
    found = [
        _table(table, rows, fidelity, value, asked, force)
        for fidelity in Fidelity
        if (rows := _of_fidelity(table, fidelity))
        for value in asked.values or (COUNTS.get(fidelity, ""), *_USUAL)
        if value in table.frame.columns
    ]
    refused = [reason for one in found for reason in one.refused]
    if refused and not any(_compared(row) for one in found for row in one.rows):
        shown = "".join(f"\n  {reason}" for reason in dict.fromkeys(refused))
        raise NotComparable(
            f"nothing here may be compared:{shown}",
            hint="Measure under equal conditions, or use --force for a table that is marked.",
        )
    return [one for one in found if one.unit]


def _require_columns(frame: pd.DataFrame, asked: PivotRequest) -> None:
    if unknown := [name for name in asked.names if name not in frame.columns]:
        raise UnknownName(
            f"the cases have no column {', '.join(map(repr, unknown))}",
            where="--pivot",
            hint=f"Choose among {', '.join(map(str, frame.columns))}.",
        )
    for name in asked.values:
        if name.endswith("_sim") or "_sim_" in name:
            raise ConfigError(
                f"{name} is of a simulation, and compared with nothing",
                where="--pivot",
                hint="Look at it with `harness results show`.",
            )
        if asked.aggregate != "count" and not _is_number(frame[name]):
            numbers = [str(one) for one in frame.columns if _is_number(frame[one])]
            raise ConfigError(
                f"the values of {name} are no numbers",
                where="--pivot",
                hint=f"Count them with aggregate=count, or choose among {', '.join(numbers)}.",
            )


def _is_number(column: Any) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _of_fidelity(table: CaseTable, fidelity: Fidelity) -> list[int]:
    return [n for n, one in enumerate(table.observations) if one.key.fidelity is fidelity]


def _table(
    table: CaseTable,
    places: Sequence[int],
    fidelity: Fidelity,
    value: str,
    asked: PivotRequest,
    force: bool,
) -> ComparisonTable:
    labels = _labels(table.frame, asked.rows), _labels(table.frame, asked.columns)
    cells: dict[tuple[str, ...], dict[str, list[PlacedCase]]] = {}
    columns: dict[str, None] = {}
    for n in places:
        row, column = labels[0][n], " / ".join(labels[1][n])
        columns[column] = None
        case = _placed(table, n, value)
        cells.setdefault(row, {}).setdefault(column, []).append(case)
    base = next((name for name in columns if set(name.split(" / ")) <= set(_BASES)), None)
    order = tuple(sorted(columns, key=lambda name: name != base))
    free = _free(asked)
    refused: list[str] = []
    over: dict[str, None] = {}
    rows = tuple(
        _row(row, cells[row], order, value, asked.aggregate, free, force, refused, over)
        for row in cells
    )
    readings = [entry.reading for row in rows for entry in row.entries]
    units = [one.unit.value for one in readings if isinstance(one, Measurement)]
    word = _word(value)
    counts = value in COUNTS.values() and asked.aggregate not in ("count", "std")
    return ComparisonTable(
        metric=word if asked.aggregate == "median" else f"{asked.aggregate} of {word}",
        unit=units[0] if units else "",
        fidelity=fidelity,
        row_names=tuple(map(_word, asked.rows)),
        column_name=" / ".join(map(_word, asked.columns)),
        columns=order,
        rows=rows,
        base=0 if len(order) > 1 else None,
        speedup=counts and bool({"kernel_set", "variant"} & set(asked.columns)),
        refused=tuple(dict.fromkeys(refused)),
        notes=tuple(f"a cell is the {asked.aggregate} over {one}" for one in over),
    )


def _word(column: str) -> str:
    """The short word for a column, where there is one."""
    return _WORDS.get(column, column)


def _labels(frame: pd.DataFrame, names: Sequence[str]) -> list[tuple[str, ...]]:
    columns = [frame[name].tolist() for name in names]
    return [tuple(map(_label, cells)) for cells in zip(*columns, strict=True)]


def _label(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and np.isnan(cell)) or cell is pd.NaT:
        return "-"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _placed(table: CaseTable, n: int, value: str) -> PlacedCase:
    one = table.observations[n]
    cell = table.frame[value].iat[n]
    if cell is None or (isinstance(cell, float | np.floating) and np.isnan(cell)):
        reading = one.reading(METRICS.get(value, value))
        return PlacedCase(one, None, getattr(reading, "reason", "not recorded"))
    return PlacedCase(one, float(cell) if isinstance(cell, int | float | np.number) else 1.0)


def _free(asked: PivotRequest) -> tuple[str, ...]:
    """The fields of the key that the columns leave open."""
    named = {KEY_FIELDS.get(name, name) for name in asked.columns} & _KEY
    return tuple(dict.fromkeys(more for name in named for more in _WITH.get(name, (name,))))


def _row(
    labels: tuple[str, ...],
    cells: Mapping[str, Sequence[PlacedCase]],
    columns: Sequence[str],
    value: str,
    aggregate: str,
    free: Sequence[str],
    force: bool,
    refused: list[str],
    over: dict[str, None],
) -> ComparedRow:
    told = Told()
    ordered = {name: cells[name] for name in columns if name in cells}
    kept = comparable_cells(" · ".join(labels), ordered, free, force, told)
    refused += told.refused
    over |= dict.fromkeys(aggregated_over(cases) for cases in kept.values() if len(cases) > 1)
    found = {name: aggregated(cases, value, aggregate) for name, cases in kept.items() if cases}
    base = columns[0]
    entries = []
    for name in columns:
        if name not in found:
            entries.append(Entry(Missing(value, _why_not(cells.get(name, ()), kept.get(name)))))
            continue
        entry = Entry(found[name], interval=interval(kept[name], value))
        if name != base and base in found:
            under = found[base].value
            differs = apart(value, aggregate, kept[base], kept[name], found[base], found[name])
            entry = replace(
                entry, ratio=found[name].value / under if under else None, same=not differs
            )
        entries.append(entry)
    winners = best(value, aggregate, kept, found)
    return ComparedRow(
        labels,
        tuple(
            replace(entry, best=name in winners)
            for name, entry in zip(columns, entries, strict=True)
        ),
        forced="; ".join(dict.fromkeys(told.forced)),
    )


def _why_not(cases: Sequence[PlacedCase], kept: Sequence[PlacedCase] | None) -> str:
    if not cases:
        return "not measured"
    if any(case.value is not None for case in cases):
        return "not comparable"
    return next((case.reason for case in cases if case.reason), "not recorded")


def _compared(row: ComparedRow) -> bool:
    return sum(isinstance(entry.reading, Measurement) for entry in row.entries) > 1
