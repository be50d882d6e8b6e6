"""The cells of one row of a pivot: only cases that may be compared, the same in each cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.domain.comparability import CASE_FIELDS, Fact, differences, in_words
from harness.domain.observation import Observation

Identity = tuple[Fact, ...]


@dataclass(frozen=True)
class PlacedCase:
    """A case with its place in the frame; `value` is None where it has no number, for `reason`."""

    seen: Observation
    value: float | None
    reason: str = ""


@dataclass
class Told:
    """What is said of cells: cases left out, what was forced together, what was aggregated."""

    refused: list[str] = field(default_factory=list)
    forced: list[str] = field(default_factory=list)


def comparable_cells(
    row: str,
    cells: Mapping[str, Sequence[PlacedCase]],
    free: Collection[str],
    force: bool,
    told: Told,
) -> dict[str, list[PlacedCase]]:
    """Of the cells of a row, by column and the base first, the cases that may stand beside others.

    Two cases of the same target, kernel set, build, model, data (but for fields in `free`) must
    have equal keys. Where a cell has several cases, only those count whose like every cell has:
    else the aggregates would be of different things.
    """
    first: dict[Identity, Observation] = {}
    kept: dict[str, list[PlacedCase]] = {name: [] for name in cells}
    for name, cases in cells.items():
        for case in cases:
            if case.value is None:
                continue
            before = first.setdefault(_identity(case.seen, free), case.seen)
            unequal = differences(before.key, case.seen.key, free)
            if unequal and not force:
                told.refused.append(f"{row} · {name}: {in_words(unequal)}")
                continue
            if unequal:
                told.forced.append(in_words(unequal))
            kept[name].append(case)
    return _in_common(row, kept, free, told)


def _in_common(
    row: str, cells: dict[str, list[PlacedCase]], free: Collection[str], told: Told
) -> dict[str, list[PlacedCase]]:
    filled = [{_identity(case.seen, free) for case in cases} for cases in cells.values() if cases]
    if not filled or all(one == filled[0] for one in filled):
        return cells
    common = set.intersection(*filled)
    found: dict[str, list[PlacedCase]] = {}
    for name, cases in cells.items():
        found[name] = [case for case in cases if _identity(case.seen, free) in common]
        told.refused += dict.fromkeys(
            f"{row} · {name}: {case.seen.key.label} is not in every column"
            for case in cases
            if case not in found[name]
        )
    return found


def aggregated_over(cases: Iterable[PlacedCase]) -> str:
    """Which fields of the key vary among the cases of a cell: `model (3), kernel set (2)`."""
    keys = [case.seen.key for case in cases]
    numbers = {name: len({getattr(key, name) for key in keys}) for name in CASE_FIELDS}
    told = [f"{name.replace('_', ' ')} ({n})" for name, n in numbers.items() if n > 1]
    return ", ".join(told) or f"{len(keys)} cases"


def _identity(one: Observation, free: Collection[str]) -> Identity:
    return tuple(getattr(one.key, name) for name in CASE_FIELDS if name not in free)
