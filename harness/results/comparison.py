"""Observations as comparison tables: pivoted, with ratios and the best of each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.domain.comparability import COUNTS, differences, in_words
from harness.domain.comparison import ComparedRow, ComparisonTable, Entry
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.observation import Observation
from harness.domain.proportion import wilson
from harness.domain.units import Fidelity
from harness.errors import NotComparable
from harness.results.pivot import Pivot, label_of
from harness.results.telling_apart import is_share, told_apart

_SPEEDUPS = ("kernels", "build")  # across others a ratio of counts is no gain
HIGHER_IS_BETTER = {"accuracy", "vectors_equal"}


def compare(
    observations: Sequence[Observation],
    pivot: Pivot,
    metric: str | None = None,
    *,
    force: bool = False,
) -> list[ComparisonTable]:
    """A table for each fidelity among the observations, of `metric` or of what each counts.

    Of several cases that fall into one place the last counts. Cases whose key differs from that of
    their row's base (else of its first case) in more than the pivot leaves open are left out and
    listed, or with `force` kept and marked.

    Raises:
        NotComparable: that leaves no row with two cases, but some were refused; or of two runs
            none has a case of the other.
    """
    if pivot.column == "run":
        _require_pair(observations, pivot)
    tables = [
        _table(same, fidelity, name, pivot, force)
        for fidelity in Fidelity
        if (same := [one for one in observations if one.key.fidelity is fidelity])
        and (name := metric or COUNTS.get(fidelity))
    ]
    refused = [reason for table in tables for reason in table.refused]
    if refused and not any(_compared(row) for table in tables for row in table.rows):
        shown = "".join(f"\n  {reason}" for reason in dict.fromkeys(refused))
        raise NotComparable(
            f"nothing here may be compared:{shown}",
            hint="Measure under equal conditions, or use --force for a table that is marked.",
        )
    return tables


def _table(
    observations: Sequence[Observation],
    fidelity: Fidelity,
    metric: str,
    pivot: Pivot,
    force: bool,
) -> ComparisonTable:
    columns = tuple(dict.fromkeys(label_of(one, pivot.column) for one in observations))
    if pivot.base in columns:
        columns = (str(pivot.base), *(name for name in columns if name != pivot.base))
    grouped: dict[tuple[str, ...], dict[str, Observation]] = {}
    for one in observations:
        labels = tuple(label_of(one, word) for word in pivot.rows)
        grouped.setdefault(labels, {})[label_of(one, pivot.column)] = one
    refused: list[str] = []
    rows = tuple(
        _row(labels, cases, columns, metric, pivot, force, refused)
        for labels, cases in grouped.items()
    )
    units = [
        entry.reading.unit.value
        for row in rows
        for entry in row.entries
        if isinstance(entry.reading, Measurement)
    ]
    return ComparisonTable(
        metric=metric,
        unit=units[0] if units else "",
        fidelity=fidelity,
        row_names=pivot.rows,
        column_name=pivot.column,
        columns=columns,
        rows=rows,
        base=0 if len(columns) > 1 else None,
        speedup=pivot.column in _SPEEDUPS and metric in COUNTS.values(),
        refused=tuple(refused),
    )


def _row(
    labels: tuple[str, ...],
    cases: Mapping[str, Observation],
    columns: Sequence[str],
    metric: str,
    pivot: Pivot,
    force: bool,
    refused: list[str],
) -> ComparedRow:
    present = [cases[name] for name in columns if name in cases]
    first = next((one for one in present if not one.trouble), present[0])
    kept = dict(cases)
    forced: list[str] = []
    for name, one in cases.items():
        if one.trouble or not (unequal := differences(first.key, one.key, pivot.free)):
            continue
        said = f"{' · '.join((*labels, name))}: {in_words(unequal)}"
        (forced if force else refused).append(in_words(unequal) if force else said)
        if not force:
            del kept[name]
    entries = [_entry(metric, name, kept, cases, columns[0]) for name in columns]
    best = _best(metric, kept)
    return ComparedRow(
        labels,
        tuple(
            replace(entry, best=name in best) for name, entry in zip(columns, entries, strict=True)
        ),
        forced="; ".join(dict.fromkeys(forced)),
    )


def _entry(
    metric: str,
    name: str,
    kept: Mapping[str, Observation],
    all_cases: Mapping[str, Observation],
    base_name: str,
) -> Entry:
    if name not in kept:
        reason = "not comparable" if name in all_cases else "not measured"
        return Entry(Missing(metric, reason))
    one, base = kept[name], kept.get(base_name)
    reading = one.reading(metric)
    if not isinstance(reading, Measurement):
        return Entry(reading)
    entry = Entry(reading, interval=interval_of(reading))
    under = base.reading(metric) if base and name != base_name else None
    if base is None or not isinstance(under, Measurement):
        return entry
    ratio = reading.value / under.value if under.value else None
    return replace(entry, ratio=ratio, same=not told_apart(metric, base, one))


def interval_of(reading: Reading) -> tuple[float, float] | None:
    """The 95 % interval of a share of `n` inputs; None of anything else."""
    if not isinstance(reading, Measurement) or not is_share(reading):
        return None
    return wilson(reading.value, reading.n)


def _best(metric: str, cases: Mapping[str, Observation]) -> set[str]:
    """The columns that are best, with all that cannot be told apart; none where that is all."""
    values = {
        name: reading.value
        for name, one in cases.items()
        if isinstance(reading := one.reading(metric), Measurement)
    }
    if len(values) < 2:
        return set()
    pick = max if metric in HIGHER_IS_BETTER else min
    top = pick(values, key=lambda name: values[name])
    found = {name for name in values if not told_apart(metric, cases[top], cases[name])}
    return found if len(found) < len(values) else set()


def _compared(row: ComparedRow) -> bool:
    return sum(isinstance(entry.reading, Measurement) for entry in row.entries) > 1


def _require_pair(observations: Sequence[Observation], pivot: Pivot) -> None:
    """Refuse runs of which none has a case of another."""
    rows: dict[tuple[str, ...], set[str]] = {}
    for one in observations:
        labels = tuple(label_of(one, word) for word in pivot.rows)
        rows.setdefault(labels, set()).add(one.source)
    sources = dict.fromkeys(one.source for one in observations)
    if len(sources) > 1 and all(len(found) == 1 for found in rows.values()):
        raise NotComparable(
            f"no case is in both of {' and '.join(sources)}",
            hint="Name runs of the same models on the same targets with the same kernel sets.",
        )


def labelled(observations: Iterable[Observation], source: str) -> list[Observation]:
    """The observations under another `source`: several runs that are compared as one."""
    return [replace(one, source=source) for one in observations]
