"""A column of the comparison table: its title, what it shows of a row, and when it may go."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.domain.quantities import ENERGY, MEAN_CURRENT, UNCERTAINTY

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column; `title` may have two lines.

    `show` formats a row; `value` is the row's key whose NaN makes a dash in its place. Columns of
    low `rank` stay longest on a narrow terminal; 0 always stays: those name the row. `below` marks
    what goes to a second table where one would be too wide.
    """

    title: str
    value: str
    show: Callable[[Row], str]
    rank: int = 0
    number: bool = True
    optional: bool = False
    below: bool = False


def known(value: object) -> bool:
    """Whether a cell of the frame has a number."""
    return isinstance(value, int | float) and not math.isnan(value)


def energy_columns(rows: Sequence[Row]) -> list[Column]:
    """Energy and mean current, where silicon was measured; the rest stands in a table apart."""
    if not rows or ENERGY not in rows[0]:
        return []
    return [
        Column("uJ per\ninference", ENERGY, _microjoules, 1),
        Column("mA", MEAN_CURRENT, lambda row: f"{1e3 * row[MEAN_CURRENT]:.4g}", 3),
    ]


def _microjoules(row: Row) -> str:
    text = f"{1e6 * row[ENERGY]:,.4g}" if row[ENERGY] < 1e-2 else f"{1e6 * row[ENERGY]:,.0f}"
    expanded = row[UNCERTAINTY]
    return f"{text} ±{1e6 * expanded:.2g}" if known(expanded) else text
