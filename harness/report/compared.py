"""Comparison tables and cycle estimates as sections of a report, and as plain rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.domain.comparison import ComparisonTable, Entry
from harness.domain.estimate import CycleEstimate, short
from harness.domain.measurement import Measurement, Missing
from harness.domain.observation import Observation
from harness.domain.units import Fidelity
from harness.report.section import Cell, Section, TableView, number, words

_BEST, _SAME, _FORCED = "*", "≈", "forced"
ESTIMATES = "Estimates, not measurements"


def comparison_sections(tables: Sequence[ComparisonTable]) -> list[Section]:
    """A section for each table: values, ratios to the base column, and what the marks mean."""
    return [_section(table) for table in tables]


def comparison_rows(tables: Sequence[ComparisonTable]) -> list[dict[str, Any]]:
    """A row for each value, with the labels of its row and column as keys; None is missing."""
    return [
        dict(zip(table.row_names, row.labels, strict=True))
        | {table.column_name: column, "metric": table.metric, "fidelity": table.fidelity.value}
        | _plain(entry)
        | {"base": None if table.base is None else table.columns[table.base]}
        | {"forced": row.forced or None}
        for table in tables
        for row in table.rows
        for column, entry in zip(table.columns, row.entries, strict=True)
    ]


def estimate_section(
    found: Sequence[tuple[Observation, CycleEstimate | Missing]],
) -> Section:
    """The estimates of cases in a section of their own, each with its interval and basis."""
    rows = tuple(
        (
            words(one.key.model),
            words(one.key.target),
            words(one.key.kernel_set),
            *_estimate_cells(estimate),
        )
        for one, estimate in found
    )
    bases = [one.constant for _, one in found if isinstance(one, CycleEstimate)]
    columns = ("model", "target", "kernels", "cycles_est low", "high", "middle", "CPI", "of")
    return Section(
        ESTIMATES,
        fidelity=Fidelity.MODEL,
        lead="Cycles per inference: simulated instructions times cycles per instruction. "
        "Intervals, for orientation: no milliseconds, no energy and no verdict comes of them.",
        tables=(TableView("cycles_est", columns, (False,) * 3 + (True,) * 4 + (False,), rows),),
        notes=tuple(
            dict.fromkeys(
                f"{one.of} {one.net}: ±{100 * one.band:.0f} %; {one.basis}" for one in bases
            )
        ),
    )


def _estimate_cells(found: CycleEstimate | Missing) -> tuple[Cell, ...]:
    if isinstance(found, Missing):
        return (*(number(None, "", found.reason) for _ in range(4)), words(""))
    constant = found.constant
    return (
        *(number(value, short(value)) for value in (found.low, found.high, found.middle)),
        number(constant.cpi, f"{constant.cpi:.3g}"),
        words(f"{constant.of} {constant.net}"),
    )


def _section(table: ComparisonTable) -> Section:
    ratio = "speed-up" if table.speedup else "change"
    others = [name for place, name in enumerate(table.columns) if place != table.base]
    ratios = others if table.base is not None else []
    forced = any(row.forced for row in table.rows)
    columns = (
        *table.row_names,
        *table.columns,
        *(ratio if len(ratios) == 1 else f"{name} {ratio}" for name in ratios),
        *([_FORCED] if forced else []),
    )
    numeric = tuple(
        len(table.row_names) <= place < len(columns) - forced for place in range(len(columns))
    )
    rows = tuple(
        (
            *map(words, row.labels),
            *(_value(entry, table) for entry in row.entries),
            *(_ratio(row.entries[table.columns.index(name)], table) for name in ratios),
            *([words(row.forced)] if forced else []),
        )
        for row in table.rows
    )
    told = ("", table.metric, "fraction", "count")
    unit = "" if table.unit in told or table.unit in table.metric else f" in {table.unit}"
    return Section(
        f"{table.metric}{unit} by {table.column_name}",
        fidelity=table.fidelity,
        tables=(TableView(table.metric, columns, numeric, rows),),
        notes=tuple(_notes(table)),
    )


def _notes(table: ComparisonTable) -> Iterator[str]:
    entries = [entry for row in table.rows for entry in row.entries]
    if any(entry.best for entry in entries):
        yield f"{_BEST} best in its row, with what cannot be told apart from it"
    if table.base is not None:
        verb = "base of the speed-up" if table.speedup else "base of the change"
        yield f"{verb}: {table.columns[table.base]}"
        if any(entry.same for entry in entries):
            yield f"{_SAME} no difference beyond what is uncertain"
    yield from table.notes
    if any(entry.interval for entry in entries):
        yield "[low..high] is the 95 % interval (Wilson 1927)"
    yield from (f"left out, not comparable: {reason}" for reason in table.refused)
    if any(row.forced for row in table.rows):
        yield "FORCED: rows compare what was measured under different conditions"


def _value(entry: Entry, table: ComparisonTable) -> Cell:
    if isinstance(entry.reading, Missing):
        return number(None, "", entry.reading.reason)
    value = entry.reading.value
    text = f"{100 * value:.1f} %" if table.unit == "fraction" else f"{value:,.10g}"
    if entry.interval:
        low, high = entry.interval
        text += f" [{100 * low:.1f}..{100 * high:.1f}]"
    return number(value, text + (_BEST if entry.best else ""))


def _ratio(entry: Entry, table: ComparisonTable) -> Cell:
    if entry.ratio is None:
        return number(None, "", "no base to compare with")
    if entry.same:
        return Cell(_SAME, 1.0 if table.speedup else 0.0)
    if table.unit == "fraction" and isinstance(entry.reading, Measurement):
        base = entry.reading.value / entry.ratio if entry.ratio else 0.0
        points = 100 * (entry.reading.value - base)
        return number(points, f"{points:+.1f} pp")
    if table.speedup and entry.ratio:
        return number(1 / entry.ratio, f"{1 / entry.ratio:.2f}x")
    change = 100 * (entry.ratio - 1)
    return number(change, f"{change:+.2f} %")


def _plain(entry: Entry) -> dict[str, Any]:
    reading = entry.reading
    known = isinstance(reading, Measurement)
    low, high = entry.interval or (None, None)
    return {
        "value": reading.value if isinstance(reading, Measurement) else None,
        "unit": reading.unit.value if isinstance(reading, Measurement) else None,
        "n": reading.n if isinstance(reading, Measurement) else None,
        "low_95": low,
        "high_95": high,
        "ratio": entry.ratio,
        "same_as_base": entry.same if entry.ratio is not None else None,
        "best": entry.best if known else None,
        "reason": reading.reason if isinstance(reading, Missing) else None,
    }
