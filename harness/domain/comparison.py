"""A comparison as a table of values: rows of cases, columns of what is compared."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.measurement import Reading
from harness.domain.units import Fidelity


@dataclass(frozen=True)
class Entry:
    """One case in its row.

    `interval` is the 95 % interval of a share. `ratio` is the value divided by that of the base
    column, None without a base. `same` says that it cannot be told apart from the base, `best` that
    nothing in the row is better by more than its uncertainty.
    """

    reading: Reading
    interval: tuple[float, float] | None = None
    ratio: float | None = None
    same: bool = False
    best: bool = False


@dataclass(frozen=True)
class ComparedRow:
    """What the row's cases have in common, an entry per column, and what was forced together."""

    labels: tuple[str, ...]
    entries: tuple[Entry, ...]
    forced: str = ""


@dataclass(frozen=True)
class ComparisonTable:
    """One metric at one fidelity.

    `row_names` head the labels of the rows, `column_name` says what `columns` are; `base` is the
    column that ratios refer to. With `speedup` a smaller count is shown as a factor, else as a
    change. `refused` are cases left out, each with what differs; `notes` say what cells hold.
    """

    metric: str
    unit: str
    fidelity: Fidelity
    row_names: tuple[str, ...]
    column_name: str
    columns: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    base: int | None = None
    speedup: bool = False
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
