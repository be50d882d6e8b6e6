"""Where the time of a run went: seconds and share of each stage, case by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

Times = Sequence[tuple[str, Mapping[str, float]]]


def timings_table(cases: Times) -> Table:
    """Return a row per stage and a column per case, in seconds and percent of the case."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("stage")
    for label, _ in cases:
        table.add_column(Text(f"{label}\ns"), justify="right")
        table.add_column("%", justify="right", vertical="bottom")
    stages = dict.fromkeys(stage for _, seconds in cases for stage in seconds)
    for stage in stages:
        table.add_row(stage, *(cell for _, seconds in cases for cell in _cells(stage, seconds)))
    table.add_section()
    totals = [sum(seconds.values()) for _, seconds in cases]
    table.add_row("all", *(cell for total in totals for cell in (f"{total:.2f}", "100")))
    return table


def _cells(stage: str, seconds: Mapping[str, float]) -> tuple[str, str]:
    if stage not in seconds:
        return "-", "-"
    total = sum(seconds.values())
    return f"{seconds[stage]:.2f}", f"{100 * seconds[stage] / total:.0f}" if total else "-"
